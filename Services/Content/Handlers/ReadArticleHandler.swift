internal import Contract
internal import Protocol

struct ReadArticleHandler: Handler {
    typealias Operation = ReadArticle
    let store: ArticleStore

    func handle(_ input: ReadArticle.Input, _ call: Call<Anyone>) async throws -> ReadArticle.Output {
        if let view = try await store.published(input.article) { return .article(view) }
        if case .slug(let slug) = input.article, let present = try await store.slug(after: slug) {
            return .moved(ReadArticle.Moved(location: "/v1/articles/\(present)"))
        }
        throw Rejection<Operation.Failure>(.notFound)
    }
}
