internal import Contract
internal import Protocol

struct ReadDraftHandler: Handler {
    typealias Operation = ReadDraft
    let store: ArticleStore

    func handle(_ input: ReadDraft.Input, _ call: Call<Permitted<WriteArticles>>) async throws -> ArticleView {
        guard let draft = try await store.draft(input.article, for: Access(call.caller.account)) else {
            throw Rejection<Operation.Failure>(.notFound)
        }
        return draft.view
    }
}
