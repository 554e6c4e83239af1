internal import Contract
internal import Primitives
internal import Protocol

struct DeleteArticleHandler: Handler {
    typealias Operation = DeleteArticle
    let store: ArticleStore
    let clock: Clock

    func handle(_ input: DeleteArticle.Input, _ call: Call<Permitted<WriteArticles>>) async throws -> Nothing {
        try await ConditionalWrite(input.ifMatch).run {
            guard let draft = try await store.draft(input.article, for: Access(call.caller.account)) else {
                throw Rejection<Operation.Failure>(.notFound)
            }
            return draft
        } write: { (draft: Draft) in
            try await store.delete(draft, at: clock.now) ? Nothing() : nil
        }
    }
}
