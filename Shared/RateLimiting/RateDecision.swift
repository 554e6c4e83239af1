/// The verdict on one call over all its demands: all must allow it, else none is charged.
package struct RateDecision: Hashable, Sendable {
    package let isAllowed: Bool
    /// Which demand the figures below are of. Refused: the one that takes longest; allowed: the one with the fewest
    /// tokens left. The first of equals.
    package let tightest: Int
    /// Whole tokens left in the tightest bucket.
    package let remaining: Int64
    /// How long until the same call would be allowed by the tightest demand; zero if it was allowed.
    package let retryAfter: Duration
    /// How long until the tightest bucket is full.
    package let resetAfter: Duration

    package init(isAllowed: Bool, tightest: Int, remaining: Int64, retryAfter: Duration, resetAfter: Duration) {
        self.isAllowed = isAllowed
        self.tightest = tightest
        self.remaining = remaining
        self.retryAfter = retryAfter
        self.resetAfter = resetAfter
    }

    /// What is said of a call with nothing to count.
    package static let unlimited = RateDecision(
        isAllowed: true, tightest: 0, remaining: .max, retryAfter: .zero, resetAfter: .zero)

    /// The verdict on `demands`, whose theoretical arrival times are `tatsUs`, and the times to store if it is
    /// allowed. Pure: this is the rule for several keys, which the script in Redis repeats.
    package static func decide(
        _ demands: [RateDemand], nowUs: Int64, tatsUs: [Int64?]
    ) -> (decision: RateDecision, tatsUs: [Int64]) {
        guard !demands.isEmpty else { return (.unlimited, []) }
        let outcomes = zip(demands, tatsUs).map { demand, tatUs in
            demand.limit.decide(nowUs: nowUs, tatUs: tatUs, cost: demand.cost)
        }
        var tightest = 0
        for index in outcomes.indices.dropFirst() {
            let (new, old) = (outcomes[index], outcomes[tightest])
            if new.retryAfterUs > old.retryAfterUs { tightest = index }
            if new.retryAfterUs == old.retryAfterUs, new.isAllowed, new.remaining < old.remaining { tightest = index }
        }
        let outcome = outcomes[tightest]
        let decision = RateDecision(
            isAllowed: outcome.isAllowed,
            tightest: tightest,
            remaining: outcome.remaining,
            retryAfter: .microseconds(outcome.retryAfterUs),
            resetAfter: .microseconds(outcome.resetAfterUs))
        return (decision, outcomes.map(\.tatUs))
    }
}
