/// When a failed attempt is repeated: exponential growth with full jitter, so that what failed together does not come
/// back together.
package struct RetrySchedule: Sendable, Hashable {
    /// The most that is waited after the first attempt; doubles with each further one.
    package let delayFirst: Duration
    package let delayMax: Duration

    package init(delayFirst: Duration = .seconds(2), delayMax: Duration = .seconds(3600)) {
        self.delayFirst = max(delayFirst, .milliseconds(1))
        self.delayMax = max(delayMax, self.delayFirst)
    }

    /// The longest delay after `attempt` (1 is the first).
    package func ceiling(afterAttempt attempt: Int) -> Duration {
        var ceiling = delayFirst
        for _ in 1..<max(attempt, 1) {
            // Checked before doubling, so that no number of attempts overflows.
            if ceiling >= delayMax / 2 { return delayMax }
            ceiling *= 2
        }
        return min(ceiling, delayMax)
    }

    /// A delay between nothing and the ceiling, to the millisecond.
    package func delay(afterAttempt attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let (seconds, attoseconds) = ceiling(afterAttempt: attempt).components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        return .milliseconds(Int64.random(in: 0...milliseconds, using: &generator))
    }
}
