internal import Primitives

/// What is remembered of one account's failed attempts. Pure; the script in Redis keeps the same five numbers by the
/// same rules.
package struct AttemptRecord: Hashable, Sendable {
    /// Failures that count for the delay.
    package private(set) var recent: Int64 = 0
    /// Failures since the last success.
    package private(set) var run: Int64 = 0
    /// No attempt before this moment.
    package private(set) var blockedUntilUs: Int64 = 0
    /// When `recent` is forgotten.
    package private(set) var recentUntilUs: Int64 = 0
    /// Grows with every success.
    package private(set) var epoch: Int64 = 0

    package init() {}

    /// How long an attempt must wait. A clock set back does not make it longer than the longest delay.
    package func waitUs(nowUs: Int64, _ policy: AttemptPolicy) -> Int64 {
        min(max(blockedUntilUs - nowUs, 0), policy.delay.upperBound.wholeMicroseconds)
    }

    package func isDisabled(_ policy: AttemptPolicy) -> Bool { run >= policy.consecutiveFailuresMax }

    /// Counts a failure: when an attempt is reserved, or when one fails whose count a success has wiped out.
    package mutating func count(nowUs: Int64, _ policy: AttemptPolicy) {
        if nowUs >= recentUntilUs { recent = 0 }
        recent += 1
        run += 1
        blockedUntilUs = recent >= policy.freeFailures ? nowUs + policy.delayUs(afterFailures: recent) : 0
        recentUntilUs = max(nowUs, blockedUntilUs) + policy.window.wholeMicroseconds
    }

    package mutating func succeed() {
        self = AttemptRecord(epoch: epoch + 1)
    }

    /// The attempt was reserved in `epoch` and has failed.
    package mutating func fail(epoch: Int64, nowUs: Int64, _ policy: AttemptPolicy) {
        if epoch != self.epoch { count(nowUs: nowUs, policy) }
    }

    /// The attempt that was reserved in `epoch` was not made after all.
    package mutating func release(epoch: Int64, _ policy: AttemptPolicy) {
        guard epoch == self.epoch else { return }
        recent = max(recent - 1, 0)
        run = max(run - 1, 0)
        if recent < policy.freeFailures { blockedUntilUs = 0 }
    }

    private init(epoch: Int64) {
        self.epoch = epoch
    }
}
