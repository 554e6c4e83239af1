import Contract
import Foundation
import Primitives
import TestKit
import Testing

@testable import Gateway

/// What several gateways allow together, and what they allow alone.
@Suite("Limits over two gateways", .serialized)
struct SharedLimitTests {
    /// One caller asks both for more than it may: what is let through is what one gateway would let through.
    @Test("let through what one would: exact classes to a hundredth, wide ones to a tenth")
    func exactness() async throws {
        var seen = try await measure()
        // Where the machine was too busy for Redis to answer, nothing can be said.
        for _ in 0..<2 where seen.fallbacks > 0 { seen = try await measure() }
        #expect(seen.fallbacks == 0 && seen.strange.isEmpty, "\(seen.strange)")
        // 60/min with a burst of 20 six times, 600/min with a burst of 120 three times.
        for (kind, burst, rate, tolerance) in [("write", 120.0, 6.0, 0.01), ("read", 360.0, 30.0, 0.1)] {
            let allowed = Double((seen.before + seen.steady).count(kind, 200))
            // The count began between the first request and its answer, and ended with the last but one.
            let most = burst + rate * seen.ended.upperBound
            let least = burst + rate * (seen.ended.lowerBound - seen.firstAnswer - seen.steady.slowest)
            // Without the burst, give or take the answers that were under way at either end.
            let still = Double(seen.steady.count(kind, 200))
            let share = rate * (seen.ended.upperBound - seen.usedUp.lowerBound)
            let shareLeast = rate * (seen.ended.lowerBound - seen.usedUp.upperBound)
            let slack = share * tolerance + 4 + rate * seen.steady.slowest
            let told = "\(kind): \(allowed) of \(least) to \(most), then \(still) of \(share): \(seen.steady)"
            #expect(allowed <= most * (1 + tolerance) + 1, "\(told)")
            #expect(still - share <= slack, "\(told)")
            // On a machine too busy for clients to ask for more than the limit, less is no fault.
            guard seen.steady.count(kind, 429) > Int(share) / 2 else { continue }
            #expect(allowed >= least * (1 - tolerance) - 1, "\(told)")
            #expect(shareLeast - still <= slack, "\(told)")
        }
    }

    /// What clients saw until both classes were used up, and in the three seconds after that.
    private struct Seen {
        let before: [SteadyLoad.Tally]
        let steady: [SteadyLoad.Tally]
        let fallbacks: Double

        /// Of the clients that began first; all times are since then.
        private var start: Double { (before + steady).map(\.began).min() ?? 0 }
        var ended: ClosedRange<Double> { steady.lastLooks(since: start) }
        var usedUp: ClosedRange<Double> { before.lastLooks(since: start) }
        var firstAnswer: Double { steady.map { $0.began - start + $0.firstAnswer }.max() ?? 0 }
        var strange: [String] { (before + steady).flatMap(\.strange) }
    }

    private func measure() async throws -> Seen {
        let redis = try TestRedisServer()
        let account = AccountID.make()
        let raise: (inout GatewayConfiguration) -> Void = {
            $0.limitMultiplier = 3
            $0.rateTiers = RateTier(settingText: "author=2").map { [$0] } ?? []
        }
        var seen = Seen(before: [], steady: [], fallbacks: 1)
        try await TestGateway.with(redisPort: redis.port, change: raise) { first in
            try await TestGateway.with(redisPort: redis.port, change: raise) { second in
                // Each has a certificate and keys of its own, so each gets clients of its own.
                let loads = try [first, second].map { gateway in
                    let bearer = ["authorization": "Bearer \(gateway.token(account: account))"]
                    let write = SteadyLoad.Kind(
                        name: "write", origins: [gateway.origin], path: "/v1/articles", fields: bearer, body: "{}")
                    let read = SteadyLoad.Kind(
                        name: "read", origins: [gateway.origin], path: "/v1/articles", fields: [:])
                    return try SteadyLoad([write, read], certificate: gateway.certificatePath)
                }
                let before = try await SteadyLoad.run(loads, seconds: 30) {
                    $0.count("write", 429) > 50 && $0.count("read", 429) > 50
                }
                let steady = try await SteadyLoad.run(loads, seconds: 3) { _ in false }
                for load in loads { await load.stop() }
                let name = "rate_limit_fallbacks_total"
                let fallbacks = try await first.metric(name) + second.metric(name)
                seen = Seen(before: before, steady: steady, fallbacks: fallbacks)
            }
        }
        return seen
    }

    @Test("let a share through while Redis is frozen or gone, with no fault and no stall, and count together again")
    func outage() async throws {
        let redis = try TestRedisServer()
        let change: (inout GatewayConfiguration) -> Void = { $0.rateWait = .milliseconds(50) }
        try await TestGateway.with(redisPort: redis.port, redisTimeout: .milliseconds(50), change: change) { gateway in
            let token = gateway.token()
            let fields = ["authorization": "Bearer \(token)"]
            let kinds = [
                SteadyLoad.Kind(
                    name: "write", origins: [gateway.origin], path: "/v1/articles", fields: fields, body: "{}"),
                SteadyLoad.Kind(name: "read", origins: [gateway.origin], path: "/v1/users/me", fields: fields),
            ]
            let load = try SteadyLoad(kinds, certificate: gateway.certificatePath)
            func enough(_ seen: [SteadyLoad.Tally]) -> Bool {
                seen.count("write", 429) > 40 && seen.count("read", 429) > 40
            }
            var phases: [(name: String, seen: [SteadyLoad.Tally])] = []
            phases.append(("with Redis", try await SteadyLoad.run([load], seconds: 20, until: enough)))
            redis.freeze()
            phases.append(("frozen", try await SteadyLoad.run([load], seconds: 1.5) { _ in false }))
            redis.thaw()
            redis.stop()
            phases.append(("gone", try await SteadyLoad.run([load], seconds: 1.5) { _ in false }))
            try redis.start()
            try await eventually { try await gateway.metric("rate_limit_alone") == 0 }
            phases.append(("back", try await SteadyLoad.run([load], seconds: 20, until: enough)))
            await load.stop()
            for (name, seen) in phases {
                #expect(seen.flatMap(\.strange).isEmpty, "\(name): \(seen.flatMap(\.strange))")
                // A bound on being stuck, not on being fast: the bench says how fast.
                #expect(seen.allSatisfy { $0.slowest < 5 }, "\(name): \(seen.map(\.slowest))")
            }
            // Half of 60/min with a burst of 20, once for both outages.
            let alone = phases[1].seen + phases[2].seen
            let seconds = (alone.last?.elapsed ?? 0) - (phases[0].seen.last?.elapsed ?? 0)
            #expect((1...Int(10 + 0.5 * seconds + 3)).contains(alone.count("write", 200)), "\(alone)")
            #expect(alone.count("write", 429) > 10, "\(alone)")
            #expect(try await gateway.metric("rate_limit_fallbacks_total") > 0)
        }
    }
}

extension TestGateway {
    /// The sum of all series of a metric.
    func metric(_ name: String) async throws -> Double {
        let text = try await curl(["http://127.0.0.1:\(ports.ops)/metrics"]).body
        return text.split(separator: "\n").filter { $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ") }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }
}
