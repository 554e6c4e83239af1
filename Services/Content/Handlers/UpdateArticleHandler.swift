internal import Contract
internal import Primitives
internal import Protocol

struct UpdateArticleHandler: PatchHandler {
    typealias Operation = UpdateArticle
    let store: ArticleStore
    let clock: Clock

    func current(_ input: UpdateArticle.Input, _ call: Call<Permitted<WriteArticles>>) async throws -> Draft {
        guard let draft = try await store.draft(input.article, for: Access(call.caller.account)) else {
            throw Rejection<Operation.Failure>(.notFound)
        }
        return draft
    }

    func view(_ draft: Draft) -> ArticleView { draft.view }

    func write(
        _ input: UpdateArticle.Input, over draft: Draft, _ call: Call<Permitted<WriteArticles>>
    ) async throws -> ArticleView? {
        let text = try draft.text.applying(input)
        guard text != draft.text else { return draft.view }
        switch try await store.update(draft, to: text, at: clock.now) {
        case .done(let written): return written.view
        case .slugTaken: throw Rejection<Operation.Failure>(.slugTaken)
        case .stale: return nil
        }
    }
}
