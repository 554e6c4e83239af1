import Contract
import Postgres
import Primitives
import Synchronization
import TestKit
import Testing

/// Many clients send the same requests at once, give up at random, and are told of failures that were none, while
/// connections are killed under the service.
@Suite struct KeyedRaceTests {
    private static let keys = 16
    private static let duplicates = 6
    /// So that it comes to an end on a machine where a call takes longer than a connection lives.
    private static let killsMax = 60
    /// How long a client goes on asking.
    private static let patience = Duration.seconds(60)

    @Test func everyKeyHasOneEffectAndOneAnswer() async throws {
        try await KeyedFixture.with { (fixture) async throws in
            let writers = [fixture.content.author(), fixture.content.author("bob", name: "Bob")]
            let answers = Answers()
            let tally = Tally()
            try await withThrowingTaskGroup(of: Void.self) { group in
                let killer = Task { try await Self.killBackends(fixture.content.database, tally) }
                defer { killer.cancel() }
                for index in 0..<Self.keys * Self.duplicates {
                    let number = index % Self.keys
                    group.addTask {
                        try await Self.client(
                            fixture, writers[number % 2], number: number, seed: UInt64(index), answers, tally)
                    }
                }
                try await group.waitForAll()
                killer.cancel()
                _ = try? await killer.value
            }
            try await Self.check(fixture, answers, tally)
        }
    }

    /// Creates and publishes, each until it is told that it worked; now and then it gives up waiting and asks again.
    private static func client(
        _ fixture: KeyedFixture, _ writer: Writer, number: Int, seed: UInt64, _ answers: Answers, _ tally: Tally
    ) async throws {
        var random = SeededGenerator(seed: seed)
        let made = try await insist(&random, tally) {
            await fixture.create("Title \(number)", key: "create-\(number)", as: writer)
        }
        answers.append("create-\(number)", made)
        let id = made["id"] ?? "none"
        let published = try await insist(&random, tally) {
            await fixture.post("/v1/articles/\(id)/publish", key: "publish-\(number)", as: writer)
        }
        answers.append("publish-\(number)", published)
    }

    private struct GaveUp: Error {
        let last: String
    }

    private static func insist(
        _ random: inout SeededGenerator, _ tally: Tally,
        _ call: @escaping @Sendable () async -> KeyedFixture.Reply
    ) async throws -> KeyedFixture.Reply {
        var last = "none"
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            let attempt = Task { await call() }
            if Int.random(in: 0..<4, using: &random) == 0 {
                try await Task.sleep(for: .microseconds(Int.random(in: 0..<6000, using: &random)))
                attempt.cancel()
                tally.count("cancelled")
            }
            let reply = await attempt.value
            if reply.status < 300 { return reply }
            last = "\(reply)"
            tally.count(reply.code ?? "none")
            guard ["idempotency-in-flight", "unavailable", "deadline-exceeded"].contains(reply.code) else { break }
            try await Task.sleep(for: .milliseconds(Int.random(in: 1..<30, using: &random)))
        }
        throw GaveUp(last: last)
    }

    private static func killBackends(_ database: Database, _ tally: Tally) async throws {
        let kill = Statement<Int>(
            "t.kill",
            """
            SELECT count(pg_terminate_backend(pid)) FROM (
                SELECT pid FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
                    AND (state <> 'idle' OR random() < 0.1)
                ORDER BY random() LIMIT 1
            ) AS chosen
            """)
        while !Task.isCancelled, tally.all["killed", default: 0] < killsMax {
            if let count = try? await database.one(kill), count > 0 { tally.count("killed") }
            try await Task.sleep(for: .milliseconds(8))
        }
    }

    /// What was to be proved, and that there was something to prove it against.
    private static func check(_ fixture: KeyedFixture, _ answers: Answers, _ tally: Tally) async throws {
        #expect(answers.all.count == keys * 2)
        for (key, replies) in answers.all {
            #expect(replies.count == duplicates, "\(key)")
            let different = Set(replies.map(\.description))
            #expect(different.count == 1, "\(key): \(different)")
            // The last ones at least were replays; so may be the first, where its own commit was not heard of.
            #expect(replies.filter { !$0.isReplay }.count <= 1, "\(key)")
        }
        #expect(try await fixture.articles() == keys, "\(tally.all)")
        #expect(try await fixture.keptAnswers() == keys * 2)
        #expect(try await fixture.count("SELECT count(*) FROM published_articles") == keys)
        #expect(try await fixture.count("SELECT count(*) FROM slugs") == keys)
        #expect(tally.all["killed", default: 0] > 0 && tally.all["cancelled", default: 0] > 0, "\(tally.all)")
    }
}

/// What every client was told of every key.
private final class Answers: Sendable {
    private let answers = Mutex<[String: [KeyedFixture.Reply]]>([:])

    var all: [String: [KeyedFixture.Reply]] { answers.withLock { $0 } }

    func append(_ key: String, _ reply: KeyedFixture.Reply) {
        answers.withLock { $0[key, default: []].append(reply) }
    }
}

private final class Tally: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    var all: [String: Int] { counts.withLock { $0 } }

    func count(_ name: String) {
        counts.withLock { $0[name, default: 0] += 1 }
    }
}
