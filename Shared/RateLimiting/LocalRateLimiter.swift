package import Primitives
internal import Synchronization

/// The rate limit rule counted in this process only: for wide classes, and in place of Redis when it is gone.
///
/// Memory is bounded by `keysMax` buckets. Room is made by forgetting a bucket that is full again, which changes no
/// verdict, and only then the one that will be full soonest, which gives its subject a few tokens early.
package final class LocalRateLimiter: Sendable {
    private let tats: Mutex<ExpiringTable<RateKey, Int64>>
    private let clock: Clock

    package init(keysMax: Int = 65_536, clock: Clock = .monotonic) {
        tats = Mutex(ExpiringTable(entriesMax: keysMax))
        self.clock = clock
    }

    /// How many buckets are held.
    package var keyCount: Int { tats.withLock { $0.count } }

    /// Buckets that were forgotten before they were full again.
    package var forgottenCount: Int { tats.withLock { $0.forgottenCount } }

    /// Counts one call against all `demands`, or against none of them.
    package func decide(_ demands: [RateDemand]) -> RateDecision {
        decide(demands, now: clock.now)
    }

    package func decide(_ demands: [RateDemand], now: Timestamp) -> RateDecision {
        let nowUs = now.microseconds
        return tats.withLock { tats in
            let (decision, newTatsUs) = RateDecision.decide(
                demands, nowUs: nowUs, tatsUs: demands.map { tats.arrivalUs(of: $0, nowUs: nowUs) })
            guard decision.isAllowed else { return decision }
            for (demand, tatUs) in zip(demands, newTatsUs) where demand.cost > 0 {
                tats.store(tatUs, for: demand.key, expiresUs: tatUs, nowUs: nowUs)
            }
            return decision
        }
    }

    /// Gives `demands` back what an allowed call was charged.
    package func refund(_ demands: [RateDemand]) {
        let nowUs = clock.now.microseconds
        tats.withLock { tats in
            for demand in demands {
                guard let tatUs = tats.value(for: demand.key, nowUs: nowUs) else { continue }
                let refundedUs = tatUs - demand.limit.chargedCost(demand.cost) * demand.limit.intervalUs
                tats.store(refundedUs, for: demand.key, expiresUs: refundedUs, nowUs: nowUs)
            }
        }
    }
}
