import Contract
import Foundation
import HTTP
import Primitives
import Protocol
import TestKit
import Testing

@testable import Gateway

/// What becomes of kept answers when they grow old, the service fails, or what they tell has changed.
@Suite("The edge's cache over time", .serialized)
struct CacheChangeTests {
    private func with(
        redisPort: Int? = nil, _ caching: EdgeCache.Machine.Settings = .init(silenceMax: .seconds(600)),
        _ body: (TestGateway) async throws -> Void
    ) async throws {
        try await TestGateway.with(
            redisPort: redisPort, caching: caching,
            change: {
                $0.cacheBytesMax = 8 << 20
                $0.limitMultiplier = 10_000
            }, body)
    }

    private func metrics(_ gateway: TestGateway) async throws -> String {
        try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
    }

    @Test("Waiters and questions behind stale answers are bounded, which is counted")
    func limits() async throws {
        try await with(.init(waitersMax: 1, refreshesMax: 0, silenceMax: .seconds(600))) { gateway in
            gateway.service.kept.change { script in
                script.isHeld = true
                // Longer than the answer is held, or it would be stale as it comes.
                script.fields = [("cdn-cache-control", "max-age=5, stale-while-revalidate=60")]
            }
            async let first = get(gateway)
            try await eventually { gateway.service.calls.count == 1 }
            async let second = get(gateway)
            try await eventually { try await metrics(gateway).contains("edge_cache_waiting 1\n") }
            let third = try await get(gateway)
            #expect(third.status == 503 && third["retry-after"] == "1", "\(third)")
            #expect(try await metrics(gateway).contains(#"limits_reached_total{limit="cache-waiters"} 1"#))
            gateway.service.kept.change { $0.isHeld = false }
            #expect(try await (first.status, second.status) == (200, 200))
            try await eventually {
                let reply = try await get(gateway)
                #expect(reply.body == "one")
                return try await metrics(gateway).contains(#"limits_reached_total{limit="cache-refreshes"}"#)
            }
            #expect(gateway.service.kept.count == 1)
        }
    }

    @Test("What is too large is given and not kept, which is counted")
    func tooLarge() async throws {
        try await with(.init(answerBytesMax: 3, silenceMax: .seconds(600))) { gateway async throws in
            let limit = #"limits_reached_total{limit="cache-answer-bytes"}"#
            #expect(try await get(gateway).body == "one")
            #expect(try await get(gateway).body == "one")
            #expect(gateway.service.kept.count == 1)
            #expect(try await gateway.metric(limit) == 0)
            gateway.service.kept.change { $0.body = "four" }
            for count in 1...2 {
                #expect(try await get(gateway, "/v1/test/kept/b").body == "four")
                #expect(gateway.service.kept.count == 1 + count)
            }
            // The second did not wait for any fill, since the first was none.
            #expect(try await gateway.metric(limit) == 1)
        }
    }

    private func get(_ gateway: TestGateway, _ path: String = "/v1/test/kept/a") async throws -> TestGateway.Reply {
        try await gateway.get(path)
    }

    @Test("What is stale is asked for behind it, by its tag, and renewed")
    func staleWhileRevalidating() async throws {
        try await with { gateway in
            let control = "max-age=1, stale-while-revalidate=60"
            gateway.service.kept.change { $0.fields = [("cdn-cache-control", control)] }
            _ = try await get(gateway)
            try await eventually {
                let reply = try await get(gateway)
                #expect(reply["cache-status"]?.contains("hit") == true, "nobody waits")
                return gateway.service.kept.count == 2
            }
            #expect(gateway.service.calls.last?.fields.first("if-none-match") == "\"1\"")
            // A 304 renewed it; a change replaces it.
            try await eventually { try await get(gateway)["cache-status"]?.contains("ttl=1") == true }
            #expect(try await get(gateway).body == "one")
            gateway.service.kept.change { ($0.body, $0.etag) = ("two", "\"2\"") }
            try await eventually { try await get(gateway).body == "two" }
        }
    }

    @Test("What is stale is given while the service fails, and asked for once a second at most")
    func staleIfError() async throws {
        try await with { gateway in
            gateway.service.kept.change { $0.fields = [("cdn-cache-control", "max-age=1, stale-if-error=60")] }
            _ = try await get(gateway)
            let start = ContinuousClock.now
            gateway.service.kept.change { ($0.status, $0.knows304) = (503, false) }
            try await eventually {
                try await get(gateway)["cache-status"]?.contains("stale-on-error") == true
            }
            for _ in 0..<10 {
                let reply = try await get(gateway)
                #expect(reply.status == 200 && reply.body == "one", "\(reply)")
            }
            let seconds = Int(start.duration(to: .now) / .seconds(1))
            #expect(gateway.service.kept.count <= seconds + 3, "asked \(gateway.service.kept.count) times")
            gateway.service.kept.change { ($0.status, $0.body, $0.etag) = (200, "two", "\"2\"") }
            try await eventually { try await get(gateway).body == "two" }
            // What was never there has nothing to be given instead.
            gateway.service.kept.change { $0.status = 503 }
            #expect(try await get(gateway, "/v1/test/kept/b").status == 503)
        }
    }

    @Test("A change through this gateway is seen at once: by the contract's tags, and by those of its answer")
    func writes() async throws {
        try await with { gateway in
            gateway.service.kept.change { $0.fields.append((CacheTag.header, "other/2")) }
            for (query, count) in [("", 2), ("?do=tagged", 3)] {
                _ = try await get(gateway)
                let change = "/v1/test/kept/\(query.isEmpty ? "a" : "z")/change\(query)"
                #expect(try await gateway.get(change, ["-d", ""]).status == 200)
                #expect(try await get(gateway)["cache-status"]?.contains("uri-miss") == true, "\(query)")
                #expect(gateway.service.kept.count == count)
            }
            // One that failed has changed nothing.
            #expect(try await gateway.get("/v1/test/kept/a/change?do=refuse", ["-d", ""]).status == 422)
            #expect(try await get(gateway)["cache-status"]?.contains("hit") == true)
        }
    }

    @Test("An answer that was asked for before a change is not kept after it")
    func race() async throws {
        try await with { gateway in
            gateway.service.kept.change { $0.isHeld = true }
            async let early = get(gateway)
            try await eventually { gateway.service.calls.count == 1 }
            #expect(try await gateway.get("/v1/test/kept/a/change", ["-d", ""]).status == 200)
            gateway.service.kept.change { $0.body = "two" }
            async let late = get(gateway)
            try await eventually { gateway.service.calls.count == 3 }
            gateway.service.kept.change { $0.isHeld = false }
            #expect(try await early.body == "one")
            #expect(try await late.body == "two")
            #expect(try await get(gateway).body == "two")
        }
    }

    @Test("A client that leaves hands its fill to who waits")
    func heir() async throws {
        try await with { gateway in
            gateway.service.kept.change { $0.isHeld = true }
            let client = try ChildProcess([
                "curl", "-sS", "--noproxy", "*", "--cacert", gateway.certificatePath,
                "\(gateway.origin)/v1/test/kept/a",
            ])
            try await eventually { gateway.service.calls.count == 1 }
            async let second = get(gateway)
            try await eventually {
                try await metrics(gateway).contains("edge_cache_waiting 1\n")
            }
            await client.stop(signal: SIGKILL)
            try await eventually { gateway.service.calls.count == 2 }
            gateway.service.kept.change { $0.isHeld = false }
            #expect(try await second.body == "one")
            #expect(try await get(gateway)["cache-status"]?.contains("hit") == true)
        }
    }

    @Test("While no purges are heard, what they could name is asked for anew after a moment; then all is as before")
    func silence() async throws {
        let redis = try TestRedisServer()
        try await with(redisPort: redis.port, .init(silenceMax: .seconds(1.5))) { gateway in
            try await hears(gateway)
            try await add(payload(.make()), redis)
            _ = try await get(gateway)
            redis.stop()
            try await eventually { try await get(gateway)["cache-status"]?.contains("304") == true }
            // It is asked for once in a moment, and given in between.
            try await eventually { try await get(gateway)["cache-status"]?.contains("hit") == true }
            try redis.start()
            // The topic is gone, and events with it: everything is let go of.
            try await eventually { try await get(gateway)["cache-status"]?.contains("uri-miss") == true }
        }
        redis.stop()
    }

    @Test("An event lets go of what it names; one that cannot be read, of everything")
    func events() async throws {
        let redis = try TestRedisServer()
        try await with(redisPort: redis.port) { gateway in
            try await hears(gateway)
            let (article, other) = (ArticleID.make(), ArticleID.make())
            gateway.service.kept.change { $0.fields.append((CacheTag.header, "article/\(article)")) }
            _ = try await get(gateway)
            gateway.service.kept.change { $0.fields.append((CacheTag.header, "article/\(other)")) }
            _ = try await get(gateway, "/v1/test/kept/b")
            try await add(payload(other), redis)
            // Heard in order: what the event did not name is there when what it named is gone.
            try await eventually { try await status(gateway, "/v1/test/kept/b").contains("uri-miss") }
            #expect(try await status(gateway).contains("hit"))
            try await add(payload(article), redis)
            try await eventually { try await status(gateway).contains("uri-miss") }
            try await add("nonsense", redis)
            try await eventually { try await status(gateway).contains("uri-miss") }
        }
        redis.stop()
    }

    private func status(_ gateway: TestGateway, _ path: String = "/v1/test/kept/a") async throws -> String {
        try await get(gateway, path)["cache-status"] ?? "none"
    }

    /// Waits until the gateway follows the topics.
    private func hears(_ gateway: TestGateway) async throws {
        try await eventually {
            try await metrics(gateway).contains(/edge_cache_silence_seconds [0-9]/)
        }
    }

    private func payload(_ id: ArticleID) -> String {
        #"{"article":"\#(id)","author":"\#(AccountID.make())","slugs":["s"]}"#
    }

    /// Appends an event as the content service's relay does.
    private func add(_ payload: String, _ redis: TestRedisServer) async throws {
        let fields = [
            "id", EventID.make().description, "version", "1", "sequence", "1", "key", "k", "request", "", "at", "0",
            "payload", payload,
        ]
        let outcome = try await ChildProcess.run(
            ["redis-cli", "-p", String(redis.port), "XADD", "causeway:events:article-changed", "*"] + fields)
        #expect(outcome.status == 0, "\(outcome.errorText)")
    }
}
