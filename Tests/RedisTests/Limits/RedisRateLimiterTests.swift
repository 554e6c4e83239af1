import Primitives
import RateLimiting
import TestKit
import Testing

@testable import Redis

@Suite struct RedisRateLimiterTests {
    private let client: RedisClient
    private let prefix = TestRedis.prefix("limits")

    init() throws {
        client = try .forTest()
    }

    /// The same calls at the same times, in memory and in Redis: the same words, to the microsecond.
    @Test(arguments: 0..<12 as Range<UInt64>)
    func meansTheSameInMemoryAndInRedis(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let clock = ManualClock()
        let local = LocalRateLimiter(clock: clock.clock)
        let redis = RedisRateLimiter(client: client, keyPrefix: "\(prefix)\(seed):")
        var limits: [GCRA] = []
        for _ in 0..<4 {
            limits.append(
                try #require(
                    GCRA(
                        limit: Int64.random(in: 1...1_000, using: &generator),
                        per: .seconds(Int64.random(in: 60...100_000, using: &generator)),
                        burst: Int64.random(in: 1...20, using: &generator))))
        }
        var verdicts: [Bool] = []
        for _ in 0..<250 {
            let step = limits[Int.random(in: 0..<4, using: &generator)].intervalUs
            clock.advance(by: .microseconds(Int64.random(in: -step / 10...step, using: &generator)))
            let demands = (0..<4).shuffled(using: &generator).prefix(Int.random(in: 1...3, using: &generator)).map {
                RateDemand(key: "\($0)", limit: limits[$0], cost: Int64.random(in: 0...3, using: &generator))
            }
            let now = clock.clock.now
            let expected = local.decide(demands)
            let actual = try await redis.decide(demands, now: now)
            #expect(actual == expected, "seed \(seed), \(demands) at \(now.microseconds)")
            verdicts.append(actual.isAllowed)
        }
        #expect(verdicts.contains(true))
        #expect(verdicts.contains(false))
    }

    /// A bucket that was full an hour or a day from now is full now, and no fuller: it empties at its own pace.
    @Test(arguments: [3600, 86_400]) func aClockSetBackRefusesNoLongerThanOneBucket(seconds: Int64) async throws {
        let redis = RedisRateLimiter(client: client, keyPrefix: "\(prefix)back\(seconds):")
        let limit = try #require(GCRA(limit: 10, per: .seconds(60)))
        let demand = [RateDemand(key: "key", limit: limit)]
        let before = Timestamp(seconds: 1_800_000_000)
        for _ in 0..<10 { #expect(try await redis.decide(demand, now: before).isAllowed) }
        let after = before - .seconds(seconds)
        let refused = try await redis.decide(demand, now: after)
        #expect(!refused.isAllowed)
        #expect(refused.retryAfter <= .seconds(6))
        #expect(try await redis.decide(demand, now: after + .seconds(7)).isAllowed)
    }

    @Test func isExactUnderConcurrencyByTheClockOfRedis() async throws {
        let redis = RedisRateLimiter(client: client, keyPrefix: prefix)
        let limit = try #require(GCRA(limit: 100, per: .seconds(36_000)))
        let allowed = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<500 {
                group.addTask {
                    let decision = try await redis.decide([RateDemand(key: "exact", limit: limit)])
                    return decision.isAllowed ? 1 : 0
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(allowed == 100)
        let refused = try await redis.decide([RateDemand(key: "exact", limit: limit)])
        #expect(refused.retryAfter > .seconds(300) && refused.retryAfter <= .seconds(360))
    }

    @Test func keysExpireByThemselves() async throws {
        let redis = RedisRateLimiter(client: client, keyPrefix: prefix)
        let limit = try #require(GCRA(limit: 10, per: .seconds(100)))
        _ = try await redis.decide([RateDemand(key: "expiring", limit: limit, cost: 3)])
        guard case .left(let left) = try await client.send(KeyLifetime(prefix + "expiring")) else {
            Issue.record("the key does not expire")
            return
        }
        #expect(left > .seconds(1) && left <= .seconds(31))
        _ = try await redis.decide([RateDemand(key: "looked at", limit: limit, cost: 0)])
        #expect(try await !client.send(KeyExists(prefix + "looked at")))
    }

    @Test func leasesWhatThereIs() async throws {
        let redis = RedisRateLimiter(client: client, keyPrefix: prefix)
        let limit = try #require(GCRA(limit: 10, per: .seconds(10_000)))
        let now = Timestamp(seconds: 1_800_000_000)
        func lease(cost: Int64, batch: Int64) async throws -> RedisRateLimiter.Grant {
            let demand = RateDemand(key: "lease", limit: limit, cost: cost)
            return try await redis.lease([(demand, batch)], now: now, timeout: .seconds(20))[0]
        }
        let first = try await lease(cost: 1, batch: 7)
        #expect(first.tokens == 7 && first.remaining == 3 && first.retryAfterUs == 0)
        #expect(first.resetAfterUs == 7_000_000_000)
        let short = try await lease(cost: 4, batch: 7)
        #expect(short.tokens == 0 && short.remaining == 3 && short.retryAfterUs == 1_000_000_000)
        #expect(try await lease(cost: 2, batch: 7).tokens == 3)
        #expect(try await lease(cost: 1, batch: 7).tokens == 0)
    }
}
