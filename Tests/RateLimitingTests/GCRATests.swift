import Primitives
import RateLimiting
import TestKit
import Testing

@Suite struct GCRATests {
    @Test func allowsTheBurstThenOneEveryInterval() throws {
        let limit = try #require(GCRA(limit: 60, per: .seconds(60), burst: 3))
        var tat: Int64?
        for left in [2, 1, 0] as [Int64] {
            let outcome = limit.decide(nowUs: 1_000, tatUs: tat, cost: 1)
            #expect(outcome.isAllowed)
            #expect(outcome.remaining == left)
            tat = outcome.tatUs
        }
        let refused = limit.decide(nowUs: 1_000, tatUs: tat, cost: 1)
        #expect(!refused.isAllowed)
        #expect(refused.tatUs == tat)
        #expect(refused.remaining == 0)
        #expect(refused.retryAfterUs == 1_000_000)
        #expect(refused.resetAfterUs == 3_000_000)
        #expect(!limit.decide(nowUs: 1_000_999, tatUs: tat, cost: 1).isAllowed)
        #expect(limit.decide(nowUs: 1_001_000, tatUs: tat, cost: 1).isAllowed)
    }

    @Test func roundsTheIntervalUp() throws {
        let limit = try #require(GCRA(limit: 7, per: .seconds(1)))
        #expect(limit.intervalUs == 142_858)
        #expect(limit.burst == 7)
        #expect(GCRA.perMinute(30) == GCRA(limit: 30, per: .seconds(60)))
        #expect(GCRA.perMinute(7) == GCRA(limit: 7, per: .seconds(60)))
        #expect(GCRA.perHour(5) == GCRA(limit: 5, per: .seconds(3600)))
        #expect(GCRA.perHour(7) == GCRA(limit: 7, per: .seconds(3600)))
    }

    @Test(
        arguments: [
            (0, .seconds(1), nil), (-1, .seconds(1), nil), (1, .zero, nil), (1, .seconds(-1), nil),
            (1, .seconds(1), 0), (1, .seconds(1_000_000_000), 2), (.max, .seconds(1), .max),
            (1, .microseconds(Int64.max), nil),
        ] as [(Int64, Duration, Int64?)])
    func refusesImpossibleLimits(limit: Int64, period: Duration, burst: Int64?) {
        #expect(GCRA(limit: limit, per: period, burst: burst) == nil)
    }

    @Test func weighsCallsAndClampsTheCost() throws {
        let limit = try #require(GCRA(limit: 10, per: .seconds(10)))
        let outcome = limit.decide(nowUs: 0, tatUs: nil, cost: 4)
        #expect(outcome.remaining == 6)
        #expect(limit.decide(nowUs: 0, tatUs: nil, cost: 1_000).remaining == 0)
        #expect(limit.decide(nowUs: 0, tatUs: 1, cost: 1_000).isAllowed == false)
        #expect(limit.decide(nowUs: 0, tatUs: nil, cost: -5).remaining == 10)
        #expect(limit.decide(nowUs: 0, tatUs: outcome.tatUs, cost: 0).remaining == 6)
    }

    @Test func aClockSetBackLocksNobodyOut() throws {
        let limit = try #require(GCRA(limit: 10, per: .seconds(10)))
        let outcome = limit.decide(nowUs: 0, tatUs: 3_600_000_000, cost: 1)
        #expect(!outcome.isAllowed)
        #expect(outcome.retryAfterUs == 1_000_000)
        #expect(outcome.resetAfterUs == 10_000_000)
    }

    @Test func sharesNeverAddUpToMoreThanTheRate() throws {
        for (limit, parts) in [(600, 2), (600, 7), (5, 3), (1, 10)] as [(Int64, Int64)] {
            let whole = try #require(GCRA(limit: limit, per: .seconds(60)))
            let share = whole.share(of: parts)
            #expect(share.intervalUs >= whole.intervalUs * parts)
            #expect(share.burst == max(1, limit / parts))
        }
        let longest = try #require(GCRA(intervalUs: GCRA.toleranceUsMax, burst: 1))
        #expect(longest.share(of: .max).toleranceUs <= GCRA.toleranceUsMax)
    }

    /// In every window, no more than the burst and what came back within the window.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func neverAllowsMoreThanTheLimit(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let limit = try #require(
            GCRA(
                limit: Int64.random(in: 1...50, using: &generator),
                per: .milliseconds(Int64.random(in: 1...5_000, using: &generator)),
                burst: Int64.random(in: 1...20, using: &generator)))
        var nowUs: Int64 = 1_800_000_000_000_000
        var tat: Int64?
        var taken: [(atUs: Int64, tokens: Int64)] = []
        for _ in 0..<500 {
            nowUs += Int64.random(in: 0...limit.intervalUs, using: &generator)
            let cost = Int64.random(in: 0...3, using: &generator)
            let outcome = limit.decide(nowUs: nowUs, tatUs: tat, cost: cost)
            if outcome.isAllowed {
                tat = outcome.tatUs
                taken.append((nowUs, limit.chargedCost(cost)))
            } else {
                #expect(limit.decide(nowUs: nowUs + outcome.retryAfterUs, tatUs: tat, cost: cost).isAllowed)
                #expect(!limit.decide(nowUs: nowUs + outcome.retryAfterUs - 1, tatUs: tat, cost: cost).isAllowed)
            }
        }
        for first in taken.indices {
            var sum: Int64 = 0
            for call in taken[first...] {
                sum += call.tokens
                #expect(sum <= limit.burst + (call.atUs - taken[first].atUs) / limit.intervalUs + 1)
            }
        }
    }
}
