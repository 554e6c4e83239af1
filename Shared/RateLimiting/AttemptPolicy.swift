internal import Primitives

/// How many times a secret may be tried: the limits of logins.
///
/// The defaults are the suite's: NIST SP 800-63B-4, section 3.2.2 (at most 100 consecutive failures); the first five
/// failures cost no delay, each later one a growing one.
package struct AttemptPolicy: Hashable, Sendable {
    /// Attempts on one account before delays begin.
    package var freeFailures: Int64 = 5
    /// How long failures are remembered for the delay, once the last delay is over.
    package var window: Duration = .seconds(5 * 60)
    /// The first delay; it doubles with every failure after that, up to the longest.
    package var delay: ClosedRange<Duration> = .seconds(15) ... .seconds(15 * 60)
    /// Failures in a row after which the account's method is disabled until it is reset.
    package var consecutiveFailuresMax: Int64 = 100
    /// How long failures in a row are remembered after the last one.
    package var memory: Duration = .seconds(30 * 86_400)
    /// Attempts from one address, whatever their outcome.
    package var attemptsPerAddress: GCRA
    /// Failed attempts from one address.
    package var failuresPerAddress: GCRA

    package init(attemptsPerAddress: GCRA, failuresPerAddress: GCRA) {
        self.attemptsPerAddress = attemptsPerAddress
        self.failuresPerAddress = failuresPerAddress
    }

    /// 30 attempts and 10 failures a minute from one address.
    package static let login = AttemptPolicy(
        attemptsPerAddress: GCRA.perMinute(30), failuresPerAddress: GCRA.perMinute(10))

    /// The delay that the `count`th failure brings, counted from the first; zero for the free ones.
    package func delayUs(afterFailures count: Int64) -> Int64 {
        guard count >= freeFailures else { return 0 }
        let doublings = min(count - freeFailures, 30)
        let delayUs = delay.lowerBound.wholeMicroseconds.multipliedReportingOverflow(by: 1 << doublings)
        let longestUs = delay.upperBound.wholeMicroseconds
        return delayUs.overflow ? longestUs : min(delayUs.partialValue, longestUs)
    }
}

/// What is said to an attempt before it is verified.
package enum AttemptVerdict: Hashable, Sendable {
    /// Verify, then tell the outcome of this reservation. Until then it counts as a failure.
    case allowed(AttemptReservation)
    /// Too many; nothing was counted.
    case refused(retryAfter: Duration)
    /// Too many failures in a row. It was counted for the address, so the answer may take as long as a verification.
    case disabled
}

/// An attempt that was counted as a failure before it was made.
package struct AttemptReservation: Hashable, Sendable {
    package let account: String
    package let address: String
    /// The account's failures in a row, this attempt included.
    package let consecutiveFailures: Int64
    /// Which run of failures it was counted in: each success begins a new one.
    package let epoch: Int64
    /// Whether it was counted in this process only, because the shared count was out of reach.
    package let isLocal: Bool

    package init(account: String, address: String, consecutiveFailures: Int64, epoch: Int64, isLocal: Bool) {
        self.account = account
        self.address = address
        self.consecutiveFailures = consecutiveFailures
        self.epoch = epoch
        self.isLocal = isLocal
    }
}
