import Primitives
import RateLimiting
import TestKit
import Testing

@testable import Redis

@Suite struct AttemptGuardTests {
    private func attempts(_ client: RedisClient, _ prefix: String = TestRedis.prefix("attempts")) -> AttemptGuard {
        AttemptGuard(client: client, keyPrefix: prefix, timeout: .seconds(20))
    }

    /// The same attempts at the same times, in memory and in Redis.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func meansTheSameInMemoryAndInRedis(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let client = try RedisClient.forTest()
        var policy = AttemptPolicy.login
        policy.consecutiveFailuresMax = 12
        let clock = ManualClock()
        let local = LocalAttemptGuard(policy: policy, clock: clock.clock)
        let shared = AttemptGuard(
            client: client, policy: policy, keyPrefix: TestRedis.prefix("attempts"), timeout: .seconds(20))
        var open: [(local: AttemptReservation, shared: AttemptReservation)] = []
        var words: Set<String> = []
        for _ in 0..<250 {
            clock.advance(by: .milliseconds(Int64.random(in: 0...20_000, using: &generator)))
            let now = clock.clock.now
            if !open.isEmpty, Int.random(in: 0..<2, using: &generator) == 0 {
                let pair = open.remove(at: Int.random(in: 0..<open.count, using: &generator))
                switch Int.random(in: 0..<20, using: &generator) {
                case 0:
                    local.succeeded(pair.local)
                    await shared.succeeded(pair.shared, now: now)
                case 1...2:
                    local.released(pair.local)
                    await shared.released(pair.shared, now: now)
                default: #expect(await shared.failed(pair.shared, now: now) == local.failed(pair.local))
                }
                continue
            }
            let account = "account \(Int.random(in: 0..<3, using: &generator))"
            let address = "address \(Int.random(in: 0..<6, using: &generator))"
            let expected = local.reserve(account: account, address: address)
            let actual = await shared.reserve(account: account, address: address, now: now)
            switch (expected, actual) {
            case (.allowed(let left), .allowed(let right)):
                #expect(left.consecutiveFailures == right.consecutiveFailures && left.epoch == right.epoch)
                #expect(!right.isLocal)
                open.append((left, right))
                words.insert("allowed")
            default:
                #expect(actual == expected, "seed \(seed)")
                words.insert(expected == .disabled ? "disabled" : "refused")
            }
        }
        #expect(words.contains("allowed") && words.contains("refused"))
        await client.close()
    }

    @Test func parallelAttemptsDoNotSlipThroughTogether() async throws {
        let client = try RedisClient.forTest()
        let attempts = attempts(client)
        let allowed = await withTaskGroup(of: Int.self) { group in
            for attempt in 0..<100 {
                group.addTask {
                    let verdict = await attempts.reserve(account: "ann", address: "\(attempt)")
                    if case .allowed = verdict { return 1 }
                    return 0
                }
            }
            return await group.reduce(0, +)
        }
        #expect(allowed == 5)
        guard case .refused(let retryAfter) = await attempts.reserve(account: "ann", address: "new") else {
            Issue.record("not refused")
            return
        }
        #expect(retryAfter > .zero && retryAfter <= .seconds(15))
        try await attempts.reset(account: "ann")
        guard case .allowed(let reservation) = await attempts.reserve(account: "ann", address: "new") else {
            Issue.record("not reset")
            return
        }
        #expect(reservation.consecutiveFailures == 1)
        await client.close()
    }

    @Test func countsAloneWhileRedisIsGone() async throws {
        let server = try TestRedisServer()
        let client = try RedisClient.forTest(server, onOneLoop: true)
        let attempts = attempts(client, "")
        guard case .allowed(let shared) = await attempts.reserve(account: "ann", address: "a") else {
            Issue.record("not allowed")
            return
        }
        server.stop()
        #expect(await attempts.failed(shared) == 1)
        await attempts.succeeded(shared)
        for failure in 1...5 {
            guard case .allowed(let reservation) = await attempts.reserve(account: "ann", address: "a") else {
                Issue.record("not allowed")
                return
            }
            #expect(reservation.isLocal)
            #expect(await attempts.failed(reservation) == Int64(failure))
        }
        guard case .refused = await attempts.reserve(account: "ann", address: "b") else {
            Issue.record("not refused")
            return
        }
        let failure = await failure { () throws(RedisFailure) in try await attempts.reset(account: "ann") }
        #expect(failure?.kind == .unavailable)
        await client.close()
    }
}
