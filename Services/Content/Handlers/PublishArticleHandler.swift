internal import Contract
internal import Primitives
internal import Protocol

struct PublishArticleHandler: Handler {
    typealias Operation = PublishArticle
    let store: ArticleStore
    let authors: AuthorProjection
    let clock: Clock

    func handle(_ input: PublishArticle.Input, _ call: Call<Permitted<PublishArticles>>) async throws -> ArticleView {
        guard let draft = try await store.draft(input.article, for: Access(call.caller.account)) else {
            throw Rejection<Operation.Failure>(.notFound)
        }
        // For its effect: the public is about to read the author's name.
        _ = try await authors.author(draft.author.id, for: call.facts)
        switch try await store.publish(draft.id, at: clock.now) {
        case .done(let published): return published.view
        case .unchanged: throw Rejection<Operation.Failure>(.alreadyPublished)
        case .gone: throw Rejection<Operation.Failure>(.notFound)
        }
    }
}
