internal import Primitives

// Calls that are sent again.
extension ClientPoolShard {
    /// Whether a call that has failed is sent once more; that is counted.
    func mayRetry(_ call: ClientCall, after failure: ClientFailure, attempts: Int) -> Bool {
        guard let reason = failure.retryReason(call.repetition), attempts < configuration.attemptsMax else {
            return false
        }
        return mayRetry(call, reason: reason)
    }

    /// Whether a call that was sent before is known to be still on its way there, and is sent once more.
    func mayRetry(_ call: ClientCall, answered status: Int, attempts: Int) -> Bool {
        guard status == 409, call.repetition == .keyed, attempts < configuration.keyedAttemptsMax else { return false }
        return mayRetry(call, reason: "in-flight")
    }

    private func mayRetry(_ call: ClientCall, reason: String) -> Bool {
        guard !Task.isCancelled, !isClosed, !call.deadline.hasPassed else { return false }
        guard budget.takeRetry() else {
            configuration.observer(.limited(reason: "upstream-retry-budget"))
            return false
        }
        configuration.observer(.retried(reason: reason))
        return true
    }

    /// Whether an instance can take a call that has failed at another.
    func hasOther(than slot: Int?) -> Bool { machine.candidates.contains { $0 != slot } }

    /// A random one that grows.
    func pause(attempts: Int) -> Duration {
        let longest = configuration.retryPause * (1 << min(attempts - 1, 10))
        return longest * Double.random(in: 0.25...1, using: &random)
    }
}
