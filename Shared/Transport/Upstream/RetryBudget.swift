/// How many calls may be sent again: a part of those that came, so that an upstream in trouble is not drowned in
/// repetitions.
package struct RetryBudget: Sendable {
    /// What a repetition costs, where each call pays in so many per cent of it.
    private static let retryCost = 100
    /// Repetitions that are free, for an upstream that is hardly used.
    package static let retriesFree = 10
    /// Repetitions saved up at most: what one connection that breaks may have in flight, and no more.
    package static let retriesMax = 256

    private let percent: Int
    private var balance: Int

    /// - Parameter percent: repetitions for a hundred calls; zero allows none, not even those that are free.
    package init(percent: Int = 20) {
        self.percent = percent
        balance = percent > 0 ? Self.retriesFree * Self.retryCost : 0
    }

    package mutating func noteCall() {
        balance = min(balance + percent, Self.retriesMax * Self.retryCost)
    }

    /// Whether there is a repetition to spend.
    package mutating func takeRetry() -> Bool {
        guard balance >= Self.retryCost else { return false }
        balance -= Self.retryCost
        return true
    }
}
