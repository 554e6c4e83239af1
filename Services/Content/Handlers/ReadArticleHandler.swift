internal import Contract
internal import Protocol

struct ReadArticleHandler: Handler {
    typealias Operation = ReadArticle
    let store: ArticleStore

    func handle(_ input: ReadArticle.Input, _ call: Call<Anyone>) async throws -> ReadArticle.Output {
        if let view = try await store.published(input.article) { return .article(view) }
        if case .slug(let slug) = input.article, let moved = try await store.article(onceAt: slug) {
            return .moved(moved)
        }
        throw Rejection<Operation.Failure>(.notFound)
    }
}
