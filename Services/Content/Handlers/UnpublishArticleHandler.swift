internal import Contract
internal import Ledger
internal import Postgres
internal import Primitives
internal import Protocol

struct UnpublishArticleHandler: PreparedHandler {
    typealias Operation = UnpublishArticle
    let store: ArticleStore
    let clock: Clock

    /// Finds the article that the caller may take back.
    func prepare(
        _ input: UnpublishArticle.Input, _ call: Call<Permitted<PublishArticles>>
    ) async throws -> ArticleID {
        guard let draft = try await store.draft(input.article, for: Access(call.caller.account)) else {
            throw Rejection<Operation.Failure>(.notFound)
        }
        return draft.id
    }

    func handle(
        _ input: UnpublishArticle.Input, _ call: Call<Permitted<PublishArticles>>, _ article: ArticleID,
        in transaction: Transaction
    ) async throws -> ArticleView {
        switch try await ArticleStore.unpublish(article, ifMatch: input.ifMatch, at: clock.now, in: transaction) {
        case .done(let draft): return draft.view
        case .notPublished: throw Rejection<Operation.Failure>(.notPublished)
        case .stale(let present): throw present.preconditionFailed
        case .gone: throw Rejection<Operation.Failure>(.notFound)
        }
    }
}
