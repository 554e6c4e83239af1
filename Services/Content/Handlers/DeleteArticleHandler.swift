internal import Contract
internal import Primitives
internal import Protocol

struct DeleteArticleHandler: Handler {
    typealias Operation = DeleteArticle
    let store: ArticleStore
    let clock: Clock

    /// How often `If-Match: *` may lose against other writers before it gives up.
    private static let attemptsMax = 10

    func handle(_ input: DeleteArticle.Input, _ call: Call<Permitted<WriteArticles>>) async throws -> Nothing {
        let access = Access(call.caller.account)
        for _ in 0..<Self.attemptsMax {
            guard let draft = try await store.draft(input.article, for: access) else {
                throw Rejection<Operation.Failure>(.notFound)
            }
            guard let ifMatch = input.ifMatch else { throw Rejection<Operation.Failure>(.preconditionRequired) }
            guard ifMatch.allows(draft.version) else {
                throw Rejection<Operation.Failure>(.preconditionFailed, headers: [("etag", draft.etag.description)])
            }
            if try await store.delete(draft, at: clock.now) { return Nothing() }
        }
        throw Problem(.unavailable, retryAfter: .seconds(1))
    }
}
