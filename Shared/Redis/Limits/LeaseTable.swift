internal import RateLimiting

/// Tokens that this process has taken from buckets in Redis and not used yet. Pure; it lives inside a lock.
///
/// A batch that lies unused for the time that a whole bucket takes to fill is forgotten: by then the bucket in Redis is
/// full again and nobody is the poorer.
struct LeaseTable {
    private struct Lease {
        var tokens: Int64
        /// The size of the last batch.
        var batch: Int64
        /// A batch is on its way, or lost by then. Meanwhile others ask only for what they need, so that calls that
        /// come together do not each bring a batch.
        var askedUntilUs: Int64
        /// Tokens left in Redis, and when its bucket is full, as of the last batch.
        var remaining: Int64
        var fullAtUs: Int64
        /// Redis has said no: until when it is not asked again, and when it would say yes.
        var refusedUntilUs: Int64
        /// What the refused call cost: one that costs less may be allowed all the same.
        var refusedCost: Int64
        var allowedAtUs: Int64
    }

    enum Taking {
        case decided(RateDecision)
        /// These are not covered; ask Redis for batches of these sizes.
        case short([(demand: RateDemand, batch: Int64)])
    }

    private var leases: ExpiringTable<RateKey, Lease>
    private let parts: Int64
    private let refusalMemoryUs: Int64
    private let answerUs: Int64

    /// - Parameter answerUs: How long Redis may take to answer.
    init(keysMax: Int, parts: Int64, refusalMemoryUs: Int64, answerUs: Int64) {
        leases = ExpiringTable(entriesMax: keysMax)
        self.parts = max(1, parts)
        self.refusalMemoryUs = refusalMemoryUs
        self.answerUs = answerUs
    }

    /// Batches that were forgotten while they were in use.
    var forgottenCount: Int { leases.forgottenCount }

    /// Takes what all `demands` cost, or nothing.
    mutating func take(_ demands: [RateDemand], nowUs: Int64) -> Taking {
        var short: [(demand: RateDemand, batch: Int64)] = []
        var refusal: (index: Int, lease: Lease)?
        var scarcest: (index: Int, left: Int64, fullAtUs: Int64)?
        for (index, demand) in demands.enumerated() {
            let cost = demand.limit.chargedCost(demand.cost)
            let lease = leases.value(for: demand.key, nowUs: nowUs)
            if let lease, lease.tokens >= cost {
                let left = lease.tokens - cost + lease.remaining
                if left < scarcest?.left ?? .max { scarcest = (index, left, lease.fullAtUs) }
            } else if let lease, lease.refusedUntilUs > nowUs, cost >= lease.refusedCost {
                if lease.allowedAtUs > refusal?.lease.allowedAtUs ?? 0 { refusal = (index, lease) }
            } else {
                short.append((demand, batch(for: demand, cost: cost, lease, nowUs: nowUs)))
            }
        }
        if let refusal {
            return .decided(
                RateDecision(
                    isAllowed: false, tightest: refusal.index,
                    remaining: refusal.lease.tokens + refusal.lease.remaining,
                    retryAfter: .microseconds(refusal.lease.allowedAtUs - nowUs),
                    resetAfter: .microseconds(max(0, refusal.lease.fullAtUs - nowUs))))
        }
        guard short.isEmpty, let scarcest else {
            let answeredByUs = nowUs + answerUs
            for (demand, batch) in short where batch > demand.limit.chargedCost(demand.cost) {
                if let slot = slot(of: demand, nowUs: nowUs) { leases[slot].askedUntilUs = answeredByUs }
            }
            return .short(short)
        }
        for demand in demands {
            if let slot = slot(of: demand, nowUs: nowUs) {
                leases[slot].tokens -= demand.limit.chargedCost(demand.cost)
            }
        }
        return .decided(
            RateDecision(
                isAllowed: true, tightest: scarcest.index, remaining: scarcest.left, retryAfter: .zero,
                resetAfter: .microseconds(max(0, scarcest.fullAtUs - nowUs))))
    }

    /// Adds what Redis has granted, or remembers that it has refused.
    mutating func add(
        _ grant: RedisRateLimiter.Grant, for wanted: (demand: RateDemand, batch: Int64), nowUs: Int64
    ) {
        let (demand, batch) = wanted
        let known = leases.value(for: demand.key, nowUs: nowUs)
        let isBatch = batch > demand.limit.chargedCost(demand.cost)
        let lease = Lease(
            tokens: (known?.tokens ?? 0) + grant.tokens,
            batch: max(batch, known?.batch ?? 0),
            askedUntilUs: isBatch ? 0 : known?.askedUntilUs ?? 0,
            remaining: grant.remaining,
            fullAtUs: nowUs + grant.resetAfterUs,
            refusedUntilUs: grant.retryAfterUs > 0 ? nowUs + min(grant.retryAfterUs, refusalMemoryUs) : 0,
            refusedCost: demand.limit.chargedCost(demand.cost), allowedAtUs: nowUs + grant.retryAfterUs)
        leases.store(lease, for: demand.key, expiresUs: nowUs + demand.limit.toleranceUs, nowUs: nowUs)
    }

    /// Takes what one demand costs where the tokens are at hand, which is nearly always: with one look at the table.
    /// Nil where they are not.
    mutating func takeHeld(_ demand: RateDemand, nowUs: Int64) -> RateDecision? {
        let cost = demand.limit.chargedCost(demand.cost)
        guard let slot = leases.slot(of: demand.key, nowUs: nowUs), leases[slot].tokens >= cost else { return nil }
        leases[slot].tokens -= cost
        leases.setExpiry(nowUs + demand.limit.toleranceUs, of: slot)
        let (left, fullAtUs) = (leases[slot].tokens + leases[slot].remaining, leases[slot].fullAtUs)
        return RateDecision(
            isAllowed: true, tightest: 0, remaining: left, retryAfter: .zero,
            resetAfter: .microseconds(max(0, fullAtUs - nowUs)))
    }

    /// The lease of a demand's key, which is in use and so kept.
    private mutating func slot(of demand: RateDemand, nowUs: Int64) -> Int? {
        guard let slot = leases.slot(of: demand.key, nowUs: nowUs) else { return nil }
        leases.setExpiry(nowUs + demand.limit.toleranceUs, of: slot)
        return slot
    }

    private func batch(for demand: RateDemand, cost: Int64, _ lease: Lease?, nowUs: Int64) -> Int64 {
        guard let lease, lease.askedUntilUs <= nowUs else { return cost }
        return max(cost, min(lease.batch * 2, demand.limit.burst / parts))
    }
}
