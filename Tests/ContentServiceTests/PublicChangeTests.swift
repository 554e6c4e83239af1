import ContentService
import Contract
import JSON
import Postgres
import Primitives
import Protocol
import TestKit
import Testing

/// Whatever changes what the public reads says so, with the change and by every name that it was kept by.
@Suite struct PublicChangeTests {
    private static let told = Statement<String>(
        "test.told", "SELECT topic || ' ' || payload::text FROM outbox ORDER BY sequence")

    /// The tags of each event so far, in words: one line for each event.
    private func told(_ fixture: ContentFixture, _ names: [String: String]) async throws -> [String] {
        try await fixture.database.all(Self.told).map { line in
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            let topic = Suite.topics.first { $0.name == parts[0] }
            let tags = try topic?.purge?(Array(parts[1].utf8)) ?? []
            let words = tags.map { tag in names.reduce(tag.text) { $0.replacing($1.key, with: $1.value) } }
            return words.sorted().joined(separator: " ")
        }
    }

    @Test func everyChangeOfAnArticleIsTold() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let made = try await ada.create(title: "First")
            let names = [made.id: "ID", ada.id.description: "ADA"]
            #expect(try await told(fixture, names) == [])
            _ = try await ada.publish(made.id)
            _ = try await ada.patch(made.id, #"{"slug":"second"}"#)
            #expect(try await told(fixture, names) == ["article-lists article/ID article/first"])
            _ = try await ada.publish(made.id)
            _ = try await ada.unpublish(made.id)
            _ = try await ada.delete(made.id)
            let both = "article-lists article/ID article/first article/second"
            #expect(try await told(fixture, names).dropFirst() == [both, both, both])
        }
    }

    @Test func whatHappensToAnAuthorIsToldWhereThereIsSomethingToRead() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let (ada, bob) = (fixture.author(), fixture.author("bob", name: "Bob"))
            let names = [ada.id.description: "ADA", bob.id.description: "BOB"]
            _ = try await bob.create(title: "Never published")
            _ = try await ada.post(title: "Words")
            let published = try await told(fixture, names).count
            for author in [ada, bob] {
                try await fixture.tell(ProfileChanged.self, .of(author.id, "New", version: 3))
                try await fixture.tell(AccountDisabled.self, .init(account: author.id, epoch: 2, at: .now))
                try await fixture.tell(AccountEnabled.self, .init(account: author.id, epoch: 3, at: .now))
            }
            let lines = try await told(fixture, names).dropFirst(published)
            #expect(lines == ["article-lists author/ADA", "article-lists articles", "article-lists articles"])
        }
    }

    @Test func answersCarryWhatTheyAreAbout() async throws {
        try await KeyedFixture.with { server in
            let ada = server.content.author()
            let made = try await ada.post(title: "First")
            _ = try await ada.patch(made.id, #"{"slug":"second"}"#)
            let published = try await ada.publish(made.id)
            #expect(published.header(CacheTag.header) == "article-lists,article/\(made.id),article/second")
            for article in [made.id, "second", "first"] {
                let reply = await server.get("/v1/articles/\(article)")
                #expect(reply.header(CacheTag.header) == "article/\(made.id),author/\(ada.id)", "\(article)")
                let edge = reply.header(SharedCaching.targetedField)
                #expect(edge == "max-age=300, stale-while-revalidate=60, stale-if-error=3600")
                #expect(reply.header("cache-control") == "no-cache")
            }
            let absent = await server.get("/v1/articles/nothing")
            #expect(absent.status == 404 && absent.header(SharedCaching.targetedField) == "max-age=10")
            #expect(absent.header("cache-control") == "no-store")
            let refused = await server.get("/v1/articles/\(made.id)/draft")
            #expect(refused.status == 401 && refused.header(SharedCaching.targetedField) == nil)
        }
    }
}
