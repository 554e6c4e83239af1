internal import Contract
package import Postgres
package import Primitives
package import Protocol

extension ContentService {
    /// How many demonstration articles there are; every tenth stays a draft.
    package static let seedArticles = 60

    /// Writes the demonstration articles of `authors`, in turn, through the rules that all articles pass. Articles that
    /// are there stay as they are, so that it can run at every start.
    ///
    /// - Returns: how many were written.
    @discardableResult
    package static func seed(
        authors: [ProfileFacts], database: Database, count: Int = seedArticles,
        since start: Timestamp = Timestamp(seconds: 1_767_225_600)
    ) async throws -> Int {
        guard !authors.isEmpty else { return 0 }
        let store = ArticleStore(database: database)
        for author in authors {
            try await AuthorStore(session: database).put(author, at: start)
        }
        var factory = ArticleFactory(seed: 2026)
        var ids = SeededGenerator(seed: 60)
        var written = 0
        for index in 0..<count {
            let sample = factory.next()
            let author = authors[index % authors.count]
            // Some hours apart, so that no page begins and ends in one moment.
            let time = start + .seconds(index * 23_456)
            let id = ArticleID(UUIDv7(at: time, using: &ids))
            guard try await !store.exists(id) else { continue }
            try await write(sample, id: id, author: author.id, at: time, database)
            if index % 10 != 9 {
                try await database.transaction { transaction in
                    _ = try await ArticleStore.publish(id, at: time + .seconds(600), in: transaction)
                }
            }
            written += 1
        }
        return written
    }

    private static func write(
        _ sample: ArticleFactory.Sample, id: ArticleID, author: AccountID, at time: Timestamp, _ database: Database
    ) async throws {
        let input = CreateArticle.Input(
            title: sample.title, body: sample.body, tags: sample.tags, locale: sample.locale)
        var text = try ArticleText(input, defaultLocale: sample.locale)
        for slug in Slug.candidates(for: text.slug, seed: id.uuid, lengthMax: ArticleText.madeSlugBytesMax) {
            text.slug = slug
            if try await ArticleStore.insert(text, id: id, author: author, at: time, in: database) { return }
        }
        throw SlugsExhausted()
    }

    /// A bug: the ids of the demonstration articles give slugs that differ.
    private struct SlugsExhausted: Error {}
}

extension ArticleStore {
    private static let exists = Statement<Bool, ArticleID>(
        "content.article-exists", "SELECT EXISTS (SELECT 1 FROM articles WHERE id = $1)")

    fileprivate func exists(_ id: ArticleID) async throws(PostgresFailure) -> Bool {
        try await database.one(Self.exists, id)
    }
}
