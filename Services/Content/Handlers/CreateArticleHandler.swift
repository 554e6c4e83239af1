internal import Contract
internal import Primitives
internal import Protocol

struct CreateArticleHandler: Handler {
    typealias Operation = CreateArticle
    let store: ArticleStore
    let authors: AuthorProjection
    let defaultLocale: String
    let clock: Clock

    func handle(_ input: CreateArticle.Input, _ call: Call<Permitted<WriteArticles>>) async throws -> ArticleView {
        var text = try ArticleText(input, defaultLocale: defaultLocale)
        // An access token may outlive its account for a moment.
        guard let author = try await authors.author(call.caller.id, for: call.facts) else {
            throw Problem(.accessTokenInvalid)
        }
        let now = clock.now
        let id = ArticleID(UUIDv7(at: now))
        let slugs =
            input.slug.map { [$0] }
            ?? Slug.candidates(for: text.slug, seed: id.uuid, lengthMax: ArticleText.madeSlugBytesMax)
        for slug in slugs {
            text.slug = slug
            guard try await store.insert(text, id: id, author: author.id, at: now) else { continue }
            return Draft(
                id: id, author: author, text: text, version: 1, publication: nil, createdAt: now, updatedAt: now
            ).view
        }
        throw Rejection<Operation.Failure>(.slugTaken)
    }
}
