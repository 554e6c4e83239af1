import Primitives
import RateLimiting
import TestKit
import Testing

@testable import Redis

@Suite struct RateLimiterTests {
    /// Enough for two busy cores: these tests are about counting, not about time.
    private var patient: RateLimiter.Settings {
        var settings = RateLimiter.Settings()
        settings.timeout = .seconds(20)
        return settings
    }

    private func allowed(
        _ calls: Int, of limiters: [RateLimiter], _ demand: RateDemand, _ counting: RateLimiter.Counting
    ) async -> Int {
        await withTaskGroup(of: Int.self) { group in
            for call in 0..<calls {
                let limiter = limiters[call % limiters.count]
                group.addTask { await limiter.decide([demand], counting: counting).isAllowed ? 1 : 0 }
            }
            return await group.reduce(0, +)
        }
    }

    @Test func exactAllowsNeitherMoreNorLessOverAllProcesses() async throws {
        let prefix = TestRedis.prefix("exact")
        let client = try RedisClient.forTest()
        let limiters = (0..<3).map { _ in RateLimiter(client: client, keyPrefix: prefix, settings: patient) }
        let demand = RateDemand(key: "k", limit: try #require(GCRA(limit: 100, per: .seconds(36_000))))
        #expect(await allowed(400, of: limiters, demand, .exact) == 100)
        #expect(limiters.allSatisfy { $0.fallbackCount == 0 })
        await client.close()
    }

    /// Calls that come together may be refused while the answer to another is on its way; what they were not given is
    /// there for the next.
    @Test func wideGivesOutExactlyTheLimit() async throws {
        let client = try RedisClient.forTest()
        let demand = RateDemand(key: "k", limit: try #require(GCRA(limit: 200, per: .seconds(72_000))))
        let alone = RateLimiter(client: client, keyPrefix: TestRedis.prefix("wide"), settings: patient)
        var sum = await allowed(500, of: [alone], demand, .wide)
        #expect(sum <= 200)
        for _ in 0..<200 where await alone.decide([demand], counting: .wide).isAllowed { sum += 1 }
        #expect(sum == 200)
        let prefix = TestRedis.prefix("wide")
        let limiters = (0..<3).map { _ in RateLimiter(client: client, keyPrefix: prefix, settings: patient) }
        sum = await allowed(600, of: limiters, demand, .wide)
        #expect(sum <= 200)
        for limiter in limiters {
            for _ in 0..<200 where await limiter.decide([demand], counting: .wide).isAllowed { sum += 1 }
        }
        #expect(sum == 200)
        await client.close()
    }

    @Test func wideAsksSeldomOnceAKeyIsBusy() async throws {
        let server = try TestRedisServer()
        let client = try RedisClient.forTest(server, onOneLoop: true)
        let limiter = RateLimiter(client: client, keyPrefix: "", settings: patient)
        let demand = RateDemand(key: "k", limit: try #require(GCRA(limit: 1_000, per: .seconds(360_000))))
        for call in 1...500 {
            let decision = await limiter.decide([demand], counting: .wide)
            #expect(decision.isAllowed)
            #expect(decision.remaining == Int64(1_000 - call))
        }
        let stats = try await client.send(GetServerInfo("commandstats"))
        let calls = try #require(stats["cmdstat_evalsha"]?.split(separator: ",").first)
        #expect(try #require(Int(calls.dropFirst("calls=".count))) <= 12)
        await client.close()
    }

    @Test func wideRefusesAndRecovers() async throws {
        let clock = ManualClock()
        let client = try RedisClient.forTest()
        let limiter = RateLimiter(
            client: client, keyPrefix: TestRedis.prefix("wide"), settings: patient, clock: clock.clock)
        let small = RateDemand(key: "small", limit: try #require(GCRA(limit: 1, per: .seconds(3_600))))
        let large = RateDemand(key: "large", limit: try #require(GCRA(limit: 10, per: .seconds(3_600))))
        #expect(await limiter.decide([large, small], counting: .wide).tightest == 1)
        for _ in 0..<20 {
            let refused = await limiter.decide([large, small], counting: .wide)
            #expect(!refused.isAllowed)
            #expect(refused.tightest == 1)
            #expect(refused.retryAfter > .seconds(3_500))
        }
        // What the other key was not charged is still there.
        for _ in 0..<9 { #expect(await limiter.decide([large], counting: .wide).isAllowed) }
        #expect(await !limiter.decide([large], counting: .wide).isAllowed)
        #expect(await limiter.decide([], counting: .wide).isAllowed)
        await client.close()
    }

    @Test func allowsABoundedShareWhileRedisIsGoneAndComesBack() async throws {
        let server = try TestRedisServer()
        let client = try RedisClient.forTest(server, onOneLoop: true)
        var settings = patient
        settings.fallbackParts = 4
        settings.pause = .milliseconds(100)
        let limiter = RateLimiter(client: client, keyPrefix: "", settings: settings)
        let demand = RateDemand(key: "k", limit: try #require(GCRA(limit: 100, per: .seconds(36_000))))
        #expect(await limiter.decide([demand], counting: .exact).remaining == 99)
        server.stop()
        #expect(await allowed(200, of: [limiter], demand, .exact) == 25)
        #expect(limiter.isOnFallback)
        #expect(limiter.fallbackCount == 200)
        let other = RateDemand(key: "other", limit: demand.limit)
        #expect(await allowed(200, of: [limiter], other, .wide) == 25)
        try server.start()
        try await eventuallySucceeds { () throws(RedisFailure) in
            let before = limiter.fallbackCount
            let decision = await limiter.decide([demand], counting: .exact)
            guard decision.isAllowed, limiter.fallbackCount == before else { throw RedisFailure(.timeout) }
        }
        #expect(!limiter.isOnFallback)
        await client.close()
    }

    /// A call that was too heavy keeps no lighter one out.
    @Test func wideRefusesByWeight() async throws {
        let client = try RedisClient.forTest()
        let limiter = RateLimiter(client: client, keyPrefix: TestRedis.prefix("wide"), settings: patient)
        let limit = try #require(GCRA(limit: 10, per: .seconds(36_000)))
        func isAllowed(_ cost: Int64) async -> Bool {
            await limiter.decide([RateDemand(key: "k", limit: limit, cost: cost)], counting: .wide).isAllowed
        }
        #expect(await isAllowed(7))
        #expect(await !isAllowed(5))
        for _ in 0..<3 { #expect(await isAllowed(1)) }
        #expect(await !isAllowed(1))
        await client.close()
    }

    /// Once Redis is known to be gone, it is others than callers who find out whether it is back, or is stuck now.
    @Test func nobodyWaitsToFindOut() async throws {
        let server = try TestRedisServer()
        let client = try RedisClient.forTest(server, onOneLoop: true)
        var settings = patient
        settings.failuresMax = 1
        settings.pause = .milliseconds(1)
        let limiter = RateLimiter(client: client, keyPrefix: "", settings: settings)
        let demand = RateDemand(key: "k", limit: GCRA.perMinute(1_000_000))
        try await client.send(PingServer())
        server.stop()
        try await eventually {
            _ = await limiter.decide([demand], counting: .exact)
            return limiter.isOnFallback
        }
        try server.start()
        server.freeze()
        let start = Deadline.now
        for _ in 0..<10 {
            #expect(await limiter.decide([demand], counting: .exact).isAllowed)
            try await Task.sleep(for: .milliseconds(2))
        }
        // One that had asked would have waited for as long as it may.
        #expect(Deadline.now < start.advanced(by: patient.timeout))
        server.thaw()
        // It is looked at for those who call.
        try await eventually {
            _ = await limiter.decide([demand], counting: .exact)
            return !limiter.isOnFallback
        }
        await client.close()
    }

    @Test func neverWaitsForAServerThatIsStuck() async throws {
        let server = try TestRedisServer()
        let client = try RedisClient.forTest(server, onOneLoop: true)
        var settings = RateLimiter.Settings()
        settings.pause = .seconds(600)
        let limiter = RateLimiter(client: client, keyPrefix: "", settings: settings)
        let demand = RateDemand(key: "k", limit: GCRA.perMinute(1_000_000))
        try await client.send(PingServer())
        server.freeze()
        let start = Deadline.now
        for _ in 0..<1_000 { #expect(await limiter.decide([demand], counting: .exact).isAllowed) }
        // Three calls of 50 ms find out; the others do not ask.
        #expect(Deadline.now < start.advanced(by: .seconds(10)))
        #expect(limiter.fallbackCount == 1_000)
        server.thaw()
        await client.close()
    }
}
