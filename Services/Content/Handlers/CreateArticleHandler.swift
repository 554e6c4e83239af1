internal import Contract
internal import Ledger
internal import Postgres
internal import Primitives
internal import Protocol

struct CreateArticleHandler: PreparedHandler {
    typealias Operation = CreateArticle
    let authors: AuthorProjection
    let defaultLocale: String
    let clock: Clock

    /// What is written, but for the slug that is still to be found.
    struct Preparation: Sendable {
        let text: ArticleText
        let author: AuthorView
    }

    func prepare(
        _ input: CreateArticle.Input, _ call: Call<Permitted<WriteArticles>>
    ) async throws -> Preparation {
        let text = try ArticleText(input, defaultLocale: defaultLocale)
        // An access token may outlive its account for a moment.
        guard let author = try await authors.author(call.caller.id, for: call.facts) else {
            throw Problem(.accessTokenInvalid)
        }
        return Preparation(text: text, author: author)
    }

    func handle(
        _ input: CreateArticle.Input, _ call: Call<Permitted<WriteArticles>>, _ preparation: Preparation,
        in transaction: Transaction
    ) async throws -> ArticleView {
        try await create(input, preparation, in: transaction)
    }

    /// The statement that finds a free slug is all of the effect, so that it needs no transaction.
    func handle(
        _ input: CreateArticle.Input, _ call: Call<Permitted<WriteArticles>>, _ preparation: Preparation,
        on database: Database
    ) async throws -> ArticleView {
        try await create(input, preparation, in: database)
    }

    private func create(
        _ input: CreateArticle.Input, _ preparation: Preparation, in session: some Session
    ) async throws -> ArticleView {
        var text = preparation.text
        let now = clock.now
        let id = ArticleID(UUIDv7(at: now))
        let slugs =
            input.slug.map { [$0] }
            ?? Slug.candidates(for: text.slug, seed: id.uuid, lengthMax: ArticleText.madeSlugBytesMax)
        for slug in slugs {
            text.slug = slug
            guard try await ArticleStore.insert(text, id: id, author: preparation.author.id, at: now, in: session)
            else { continue }
            return Draft(
                id: id, author: preparation.author, text: text, version: 1, publication: nil, createdAt: now,
                updatedAt: now
            ).view
        }
        throw Rejection<Operation.Failure>(.slugTaken)
    }
}
