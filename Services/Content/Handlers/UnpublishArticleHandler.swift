internal import Contract
internal import Protocol

struct UnpublishArticleHandler: Handler {
    typealias Operation = UnpublishArticle
    let store: ArticleStore

    func handle(_ input: UnpublishArticle.Input, _ call: Call<Permitted<PublishArticles>>) async throws -> ArticleView {
        guard let draft = try await store.draft(input.article, for: Access(call.caller.account)) else {
            throw Rejection<Operation.Failure>(.notFound)
        }
        switch try await store.unpublish(draft.id) {
        case .done(let draft): return draft.view
        case .notPublished: throw Rejection<Operation.Failure>(.notPublished)
        case .gone: throw Rejection<Operation.Failure>(.notFound)
        }
    }
}
