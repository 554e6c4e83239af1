/// How many calls may be sent again: a fifth of those that came, so that an upstream in trouble is not drowned in
/// repetitions.
package struct RetryBudget: Sendable {
    /// Calls that pay for one repetition.
    private static let callsPerRetry = 5
    /// Repetitions that are free, for an upstream that is hardly used.
    package static let retriesFree = 10
    /// Repetitions saved up at most: what one connection that breaks may have in flight, and no more.
    package static let retriesMax = 256

    private var balance = retriesFree * callsPerRetry

    package init() {}

    package mutating func noteCall() {
        if balance < Self.retriesMax * Self.callsPerRetry { balance += 1 }
    }

    /// Whether there is a repetition to spend.
    package mutating func takeRetry() -> Bool {
        guard balance >= Self.callsPerRetry else { return false }
        balance -= Self.callsPerRetry
        return true
    }
}
