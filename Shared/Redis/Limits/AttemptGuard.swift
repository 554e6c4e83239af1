package import Primitives
package import RateLimiting

/// The limits of guessing secrets, counted in Redis for all processes together, and in this one while Redis is gone.
///
/// An attempt is counted as a failure *before* it is verified, in one atomic step, so that parallel attempts cannot
/// slip through together (CVE-2023-47111). Whoever reserves tells the outcome; if nobody does, it stays a failure.
/// Redis holds a copy that may be lost: an account that reaches `consecutiveFailuresMax` is to be disabled in the
/// database, by whoever is told so by `failed`.
///
/// Accounts and addresses become parts of keys: pass opaque identifiers, IPv6 addresses by their /64.
package final class AttemptGuard: Sendable {
    private let client: RedisClient
    private let policy: AttemptPolicy
    private let keyPrefix: String
    private let timeout: Duration
    private let local: LocalAttemptGuard
    private let circuit = RedisCircuit(failuresMax: 3, pause: .seconds(1))

    package init(
        client: RedisClient, policy: AttemptPolicy = .login, keyPrefix: String,
        timeout: Duration = .milliseconds(100), clock: Clock = .monotonic
    ) {
        self.client = client
        self.policy = policy
        self.keyPrefix = keyPrefix
        self.timeout = timeout
        local = LocalAttemptGuard(policy: policy, clock: clock)
    }

    /// Counts an attempt as failed before it is made, or refuses it. Never throws, never waits longer than `timeout`.
    ///
    /// - Parameter now: The time to count at; Redis' own clock where nil, which is the rule.
    package func reserve(account: String, address: String, now: Timestamp? = nil) async -> AttemptVerdict {
        let answer: [Int64]? = await counted { () throws(RedisFailure) in
            let arguments = [
                RedisClock.argument(now),
                String(policy.attemptsPerAddress.intervalUs), String(policy.attemptsPerAddress.burst),
                String(policy.failuresPerAddress.intervalUs), String(policy.failuresPerAddress.burst),
            ]
            return try await client.run(
                AttemptScripts.reserve, keys: keys(account, address), arguments: arguments + policyArguments,
                timeout: timeout)
        }
        guard let answer else { return local.reserve(account: account, address: address) }
        switch answer[0] {
        case 0: return .refused(retryAfter: .microseconds(answer[1]))
        case 1:
            return .allowed(
                AttemptReservation(
                    account: account, address: address, consecutiveFailures: answer[2], epoch: answer[3],
                    isLocal: false))
        default: return .disabled
        }
    }

    /// The attempt succeeded: the account starts anew, and the address has failed once less.
    package func succeeded(_ reservation: AttemptReservation, now: Timestamp? = nil) async {
        guard !reservation.isLocal else { return local.succeeded(reservation) }
        _ = await settle(reservation, as: .success, now: now)
    }

    /// The attempt failed. Gives the account's failures in a row; `consecutiveFailuresMax` of them disable it.
    @discardableResult
    package func failed(_ reservation: AttemptReservation, now: Timestamp? = nil) async -> Int64 {
        guard !reservation.isLocal else { return local.failed(reservation) }
        return await settle(reservation, as: .failure, now: now) ?? reservation.consecutiveFailures
    }

    /// The attempt was not made, say because the verifier was busy: what it was charged is given back.
    package func released(_ reservation: AttemptReservation, now: Timestamp? = nil) async {
        guard !reservation.isLocal else { return local.released(reservation) }
        _ = await settle(reservation, as: .release, now: now)
    }

    /// The account's secret was replaced: it starts anew. Fails where Redis is gone, since it must not be forgotten.
    package func reset(account: String) async throws(RedisFailure) {
        local.reset(account: account)
        _ = try await client.send(DeleteKeys(accountKey(account)))
    }

    private func settle(
        _ reservation: AttemptReservation, as outcome: AttemptScripts.Outcome, now: Timestamp?
    ) async -> Int64? {
        await counted { () throws(RedisFailure) in
            let arguments = [
                RedisClock.argument(now), outcome.rawValue, String(reservation.epoch),
                String(policy.attemptsPerAddress.intervalUs), String(policy.failuresPerAddress.intervalUs),
            ]
            return try await client.run(
                AttemptScripts.settle, keys: keys(reservation.account, reservation.address),
                arguments: arguments + policyArguments, timeout: timeout)
        }
    }

    /// What Redis answers, nil where it does not.
    private func counted<Answer>(
        _ ask: () async throws(RedisFailure) -> Answer
    ) async -> Answer? {
        // A sign-in takes long anyway: it finds out itself.
        guard circuit.admission() != .leave else { return nil }
        do throws(RedisFailure) {
            let answer = try await ask()
            circuit.succeeded()
            return answer
        } catch {
            if error.kind != .cancelled { circuit.failed() }
            return nil
        }
    }

    private func accountKey(_ account: String) -> String { "\(keyPrefix)account:\(account)" }

    private func keys(_ account: String, _ address: String) -> [String] {
        [accountKey(account), "\(keyPrefix)attempts:\(address)", "\(keyPrefix)failures:\(address)"]
    }

    private var policyArguments: [String] {
        [
            String(policy.freeFailures), String(policy.window.wholeMicroseconds),
            String(policy.delay.lowerBound.wholeMicroseconds), String(policy.delay.upperBound.wholeMicroseconds),
            String(policy.consecutiveFailuresMax), String(policy.memory.redisMilliseconds),
        ]
    }
}
