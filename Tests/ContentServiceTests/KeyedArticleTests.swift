import Contract
import Postgres
import Primitives
import Protocol
import TestKit
import Testing

@Suite struct KeyedArticleTests {
    @Test func aCreationThatComesAgainIsReplayed() async throws {
        try await KeyedFixture.with { (fixture) async throws in
            let ada = fixture.content.author()
            let first = await fixture.create("Once", key: "k", as: ada)
            #expect(first.status == 201 && !first.isReplay)
            #expect(first.header("etag") != nil && first.header("content-type") == "application/json")
            #expect(first.header("location") == "/v1/articles/\(first["id"] ?? "")/draft")
            // What happens to the article meanwhile does not change the answer.
            _ = try await ada.patch(first["id"] ?? "", #"{"title":"Changed"}"#)
            for key in ["k", "\"k\""] {
                let again = await fixture.create("Once", key: key, as: ada)
                #expect(again.isReplay && "\(again)" == "\(first)")
            }
            _ = try await ada.delete(first["id"] ?? "")
            #expect(await fixture.create("Once", key: "k", as: ada).isReplay)
            #expect(try await fixture.articles() == 1)
        }
    }

    @Test func aKeyIsItsCallersAndItsOperations() async throws {
        try await KeyedFixture.with { (fixture) async throws in
            let (ada, bob) = (fixture.content.author(), fixture.content.author("bob", name: "Bob"))
            let first = await fixture.create("A", key: "k", as: ada)
            #expect(await fixture.create("B", key: "k", as: ada).code == "idempotency-key-reused")
            let other = await fixture.create("A", key: "k", as: bob)
            #expect(other.status == 201 && !other.isReplay && other["id"] != first["id"])
            let id = first["id"] ?? ""
            let published = await fixture.post("/v1/articles/\(id)/publish", key: "k", as: ada)
            #expect(published.status == 200 && !published.isReplay)
            // The same operation on another article is another request.
            let second = await fixture.create("C", key: "c", as: ada)
            let reused = await fixture.post("/v1/articles/\(second["id"] ?? "")/publish", key: "k", as: ada)
            #expect(reused.code == "idempotency-key-reused")
            #expect(try await fixture.articles() == 3)
        }
    }

    @Test func publishingAndTakingBackAreReplayed() async throws {
        try await KeyedFixture.with { (fixture) async throws in
            let ada = fixture.content.author()
            let id = (await fixture.create("A", key: nil, as: ada))["id"] ?? ""
            let published = await fixture.post("/v1/articles/\(id)/publish", key: "p", as: ada)
            #expect(published.status == 200)
            #expect(await fixture.post("/v1/articles/\(id)/publish", key: nil, as: ada).code == "already-published")
            let takenBack = await fixture.post("/v1/articles/\(id)/unpublish", key: "u", as: ada)
            #expect(takenBack.status == 200)
            // Both answers are of their time: the replay of the first publishes nothing.
            let again = await fixture.post("/v1/articles/\(id)/publish", key: "p", as: ada)
            #expect(again.isReplay && "\(again)" == "\(published)")
            let gone = await fixture.post("/v1/articles/\(id)/unpublish", key: "u", as: ada)
            #expect(gone.isReplay && "\(gone)" == "\(takenBack)")
            #expect(try await fixture.content.read(id).code == "not-found")
            #expect(try await fixture.keptAnswers() == 2)
        }
    }

    @Test func failuresAreNotKept() async throws {
        try await KeyedFixture.with { (fixture) async throws in
            let ada = fixture.content.author()
            let id = (await fixture.create("A", key: nil, as: ada))["id"] ?? ""
            _ = try await ada.publish(id)
            #expect(await fixture.post("/v1/articles/\(id)/publish", key: "p", as: ada).code == "already-published")
            #expect(await fixture.post("/v1/articles", "{}", key: "c", as: ada).code == "validation")
            let taken = #"{"title":"x","body":"","slug":"a"}"#
            #expect(await fixture.post("/v1/articles", taken, key: "c", as: ada).code == "slug-taken")
            #expect(try await fixture.keptAnswers() == 0)
            _ = try await ada.patch(id, #"{"title":"B","slug":"b"}"#)
            #expect(await fixture.post("/v1/articles/\(id)/publish", key: "p", as: ada).status == 200)
            #expect(try await fixture.keptAnswers() == 1)
        }
    }

    /// The replay does not ask whether the article is there, but it does ask who calls.
    @Test func aReplayAsksForThePermissionAgain() async throws {
        try await KeyedFixture.with { (fixture) async throws in
            let ada = fixture.content.author()
            _ = await fixture.create("A", key: "k", as: ada)
            let reader = Writer(id: ada.id, context: .person(ada.id, roles: [.reader]), probe: ada.probe)
            #expect(await fixture.create("A", key: "k", as: reader).code == "forbidden")
        }
    }

    /// A row lock holds the first publish up; what the author's other keys do goes on.
    @Test func aCallInFlightIsTold() async throws {
        try await KeyedFixture.with { (fixture) async throws in
            let ada = fixture.content.author()
            let id = try #require((await fixture.create("A", key: nil, as: ada))["id"].flatMap { ArticleID($0) })
            let lock = Statement<String, ArticleID>(
                "t.lock", "SELECT title FROM articles WHERE id = $1 FOR UPDATE")
            let waiting = Statement<Int>(
                "t.waiting",
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """)
            let target = "/v1/articles/\(id)/publish"
            let first = Task { await fixture.post(target, key: "p", as: ada) }
            defer { first.cancel() }
            try await fixture.content.database.transaction { transaction in
                _ = try await transaction.one(lock, id)
                // The duplicate comes second: the first waits for the row. Asked outside of the transaction, to which
                // activity stands still.
                try await eventually { try await fixture.content.database.one(waiting) >= 1 }
                let duplicate = await fixture.post(target, key: "p", as: ada)
                #expect(duplicate.status == 409 && duplicate.code == "idempotency-in-flight")
                #expect(duplicate.header("retry-after") == "1")
                #expect(await fixture.create("B", key: "b", as: ada).status == 201)
            }
            let answer = await first.value
            let again = await fixture.post(target, key: "p", as: ada)
            #expect(again.isReplay && "\(again)" == "\(answer)" && answer.status == 200)
        }
    }

    /// Whoever waits for the user service holds no connection, so that no number of them keeps the rest waiting.
    @Test func anAuthorWhoIsNotKnownYetIsAskedForBeforeTheTransaction() async throws {
        try await KeyedFixture.with { (fixture) async throws in
            let known = fixture.content.author("known", name: "Known")
            _ = await fixture.create("A", key: nil, as: known)
            fixture.content.user.hold()
            let strangers = (0..<12).map { fixture.content.author("s\($0)", name: "S") }
            await withTaskGroup(of: Int.self) { group in
                for writer in strangers {
                    group.addTask { await fixture.create("S", key: "k", as: writer).status }
                }
                try? await eventually { fixture.content.user.held == strangers.count }
                #expect(fixture.content.user.held == strangers.count)
                try? await eventually { fixture.content.database.statistics.leasesInUse == 0 }
                #expect(fixture.content.database.statistics.leasesInUse == 0)
                #expect(await fixture.create("B", key: "k", as: known).status == 201)
                fixture.content.user.release()
                for await status in group { #expect(status == 201) }
            }
        }
    }
}
