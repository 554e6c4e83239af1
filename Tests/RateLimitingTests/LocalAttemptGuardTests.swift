import Primitives
import RateLimiting
import Testing

@Suite struct LocalAttemptGuardTests {
    private let clock = ManualClock()

    private func attempts(_ policy: AttemptPolicy = .login) -> LocalAttemptGuard {
        LocalAttemptGuard(policy: policy, clock: clock.clock)
    }

    private func reserve(_ attempts: LocalAttemptGuard, _ account: String, _ address: String) -> AttemptReservation? {
        guard case .allowed(let reservation) = attempts.reserve(account: account, address: address) else { return nil }
        return reservation
    }

    @Test func delaysGrowAfterTheFreeFailures() {
        let attempts = attempts()
        for failure in 1...5 {
            let reservation = reserve(attempts, "ann", "address \(failure)")
            #expect(reservation?.consecutiveFailures == Int64(failure))
            if let reservation { #expect(attempts.failed(reservation) == Int64(failure)) }
        }
        for delay in [15, 30, 60, 120, 240, 480, 900, 900] as [Int64] {
            #expect(attempts.reserve(account: "ann", address: "new") == .refused(retryAfter: .seconds(delay)))
            clock.advance(by: .seconds(delay))
            #expect(reserve(attempts, "ann", "address after \(delay)") != nil)
        }
        #expect(reserve(attempts, "bob", "new") != nil)
    }

    @Test func fiveMinutesOfPeaceForgetTheDelay() {
        let attempts = attempts()
        for failure in 1...4 { #expect(reserve(attempts, "ann", "\(failure)") != nil) }
        clock.advance(by: .seconds(301))
        for failure in 5...9 {
            #expect(reserve(attempts, "ann", "\(failure)")?.consecutiveFailures == Int64(failure))
        }
        #expect(reserve(attempts, "ann", "10") == nil)
    }

    @Test func successBeginsAnew() throws {
        let attempts = attempts()
        for failure in 1...4 { #expect(reserve(attempts, "ann", "\(failure)") != nil) }
        let late = try #require(reserve(attempts, "ann", "5"))
        let good = try #require(
            { () -> AttemptReservation? in
                clock.advance(by: .seconds(15))
                return reserve(attempts, "ann", "6")
            }())
        attempts.succeeded(good)
        #expect(reserve(attempts, "ann", "7")?.consecutiveFailures == 1)
        // Reserved before the success and failed after it: counted again, in the new run.
        #expect(attempts.failed(late) == 2)
    }

    @Test func releasingGivesEverythingBack() throws {
        let attempts = attempts()
        for _ in 0..<100 {
            attempts.released(try #require(reserve(attempts, "ann", "one address")))
        }
        #expect(reserve(attempts, "ann", "one address")?.consecutiveFailures == 1)
    }

    @Test func anAddressMayFailTenTimesAMinuteAndTryThirty() throws {
        let attempts = attempts()
        for account in 0..<10 { #expect(reserve(attempts, "\(account)", "address") != nil) }
        #expect(attempts.reserve(account: "10", address: "address") == .refused(retryAfter: .seconds(6)))
        for account in 0..<30 {
            attempts.succeeded(try #require(reserve(attempts, "good \(account)", "other")))
        }
        #expect(attempts.reserve(account: "good 30", address: "other") == .refused(retryAfter: .seconds(2)))
    }

    @Test func aHundredFailuresDisable() throws {
        var policy = AttemptPolicy.login
        policy.delay = .zero ... .zero
        let attempts = attempts(policy)
        for failure in 0..<100 { #expect(reserve(attempts, "ann", "\(failure)") != nil) }
        for _ in 0..<10 { #expect(attempts.reserve(account: "ann", address: "address") == .disabled) }
        // The address was charged all the same.
        #expect(attempts.reserve(account: "ann", address: "address") == .refused(retryAfter: .seconds(6)))
        attempts.reset(account: "ann")
        #expect(reserve(attempts, "ann", "new")?.consecutiveFailures == 1)
    }
}
