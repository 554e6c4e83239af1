import Primitives
import RateLimiting
import Testing

@Suite struct LocalRateLimiterTests {
    private let clock = ManualClock()

    @Test func chargesAllDemandsOrNone() throws {
        let limiter = LocalRateLimiter(clock: clock.clock)
        let wide = try #require(GCRA(limit: 10, per: .seconds(10)))
        let tight = try #require(GCRA(limit: 2, per: .seconds(10)))
        let demands = [RateDemand(key: "a", limit: wide), RateDemand(key: "b", limit: tight)]
        #expect(limiter.decide(demands).tightest == 1)
        #expect(limiter.decide(demands).isAllowed)
        let refused = limiter.decide(demands)
        #expect(!refused.isAllowed)
        #expect(refused.tightest == 1)
        #expect(refused.retryAfter == .seconds(5))
        #expect(limiter.decide([RateDemand(key: "a", limit: wide, cost: 0)]).remaining == 8)
        #expect(limiter.decide([]).isAllowed)
    }

    @Test func keysArePartedAtOnePlace() {
        #expect(RateKey(scope: "read:", "a").text == "read:a")
        #expect(RateKey(scope: "read:", "a") == RateKey(scope: "read:", "a"))
        #expect(RateKey(scope: "read:", "a") != RateKey(scope: "write:", "a"))
        #expect(RateKey(scope: "read:", "a") != RateKey(scope: "read:", "b"))
    }

    @Test func reportsTheLongestWait() throws {
        let limiter = LocalRateLimiter(clock: clock.clock)
        let fast = try #require(GCRA(limit: 1, per: .seconds(1)))
        let slow = try #require(GCRA(limit: 1, per: .seconds(60)))
        let demands = [
            RateDemand(key: "a", limit: fast), RateDemand(key: "b", limit: slow), RateDemand(key: "c", limit: fast),
        ]
        #expect(limiter.decide(demands).tightest == 0)
        let refused = limiter.decide(demands)
        #expect(refused.tightest == 1)
        #expect(refused.retryAfter == .seconds(60))
    }

    @Test func givesBackWhatIsRefunded() throws {
        let limiter = LocalRateLimiter(clock: clock.clock)
        let demands = [RateDemand(key: "a", limit: try #require(GCRA(limit: 1, per: .seconds(60))))]
        #expect(limiter.decide(demands).isAllowed)
        #expect(!limiter.decide(demands).isAllowed)
        limiter.refund(demands)
        #expect(limiter.decide(demands).isAllowed)
    }

    @Test func holdsNoMoreKeysThanItMay() throws {
        let limiter = LocalRateLimiter(keysMax: 100, clock: clock.clock)
        let limit = try #require(GCRA(limit: 1, per: .seconds(60)))
        for key in 0..<1_000 {
            #expect(limiter.decide([RateDemand(key: "\(key)", limit: limit)]).isAllowed)
            clock.advance(by: .milliseconds(1))
        }
        #expect(limiter.keyCount == 100)
        #expect(!limiter.decide([RateDemand(key: "999", limit: limit)]).isAllowed)
        #expect(limiter.decide([RateDemand(key: "0", limit: limit)]).isAllowed)
    }

    @Test func isExactUnderConcurrency() async throws {
        let limiter = LocalRateLimiter(clock: clock.clock)
        let limit = try #require(GCRA(limit: 100, per: .seconds(3600)))
        let allowed = await withTaskGroup { group in
            for _ in 0..<500 {
                group.addTask { limiter.decide([RateDemand(key: "a", limit: limit)]).isAllowed ? 1 : 0 }
            }
            return await group.reduce(0, +)
        }
        #expect(allowed == 100)
    }
}
