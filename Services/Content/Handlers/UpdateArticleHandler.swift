internal import Contract
internal import Primitives
internal import Protocol

struct UpdateArticleHandler: Handler {
    typealias Operation = UpdateArticle
    let store: ArticleStore
    let clock: Clock

    /// How often `If-Match: *` may lose against other writers before it gives up.
    private static let attemptsMax = 10

    func handle(_ input: UpdateArticle.Input, _ call: Call<Permitted<WriteArticles>>) async throws -> ArticleView {
        let access = Access(call.caller.account)
        for _ in 0..<Self.attemptsMax {
            guard let draft = try await store.draft(input.article, for: access) else {
                throw Rejection<Operation.Failure>(.notFound)
            }
            // Not before the article is found: to others than its author it does not exist.
            guard let ifMatch = input.ifMatch else { throw Rejection<Operation.Failure>(.preconditionRequired) }
            guard ifMatch.allows(draft.version) else {
                throw Rejection<Operation.Failure>(.preconditionFailed, headers: [("etag", draft.etag.description)])
            }
            let text = try draft.text.applying(input)
            guard text != draft.text else { return draft.view }
            switch try await store.update(draft, to: text, at: clock.now) {
            case .done(let written): return written.view
            case .slugTaken: throw Rejection<Operation.Failure>(.slugTaken)
            case .stale: continue
            }
        }
        throw Problem(.unavailable, retryAfter: .seconds(1))
    }
}
