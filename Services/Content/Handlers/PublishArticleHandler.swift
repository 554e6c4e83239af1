internal import Contract
internal import Ledger
internal import Postgres
internal import Primitives
internal import Protocol

struct PublishArticleHandler: PreparedHandler {
    typealias Operation = PublishArticle
    let store: ArticleStore
    let authors: AuthorProjection
    let clock: Clock

    /// Finds the article that the caller may publish.
    func prepare(
        _ input: PublishArticle.Input, _ call: Call<Permitted<PublishArticles>>
    ) async throws -> ArticleID {
        guard let draft = try await store.draft(input.article, for: Access(call.caller.account)) else {
            throw Rejection<Operation.Failure>(.notFound)
        }
        // For its effect: the public is about to read the author's name.
        _ = try await authors.author(draft.author.id, for: call.facts)
        return draft.id
    }

    func handle(
        _ input: PublishArticle.Input, _ call: Call<Permitted<PublishArticles>>, _ article: ArticleID,
        in transaction: Transaction
    ) async throws -> ArticleView {
        switch try await ArticleStore.publish(article, ifMatch: input.ifMatch, at: clock.now, in: transaction) {
        case .done(let published): return published.view
        case .unchanged: throw Rejection<Operation.Failure>(.alreadyPublished)
        case .withheld: throw Rejection<Operation.Failure>(.authorDisabled)
        case .stale(let present): throw present.preconditionFailed
        case .gone: throw Rejection<Operation.Failure>(.notFound)
        }
    }
}
