internal import Contract

/// The rate classes of callers, which tiers multiply.
struct RateTiers: Sendable {
    private let standard: RateClasses
    /// The largest factor first.
    private let raised: [(name: String, classes: RateClasses)]

    init(_ tiers: [RateTier], _ quotas: RateQuotas, multiplier: Int) {
        standard = RateClasses(quotas, multiplier: multiplier)
        raised = tiers.sorted { $0.factor > $1.factor }
            .map { ($0.name, RateClasses(quotas, multiplier: multiplier * $0.factor)) }
    }

    /// The rule of a class for this caller. What is counted by address is the same for all.
    func rule(_ rate: RateClass, of caller: VerifiedToken?) -> RateRule? {
        guard !raised.isEmpty, let caller, standard[rate]?.isByAddress == false,
            let tier = raised.first(where: { caller.tiers.contains($0.name) })
        else { return standard[rate] }
        return tier.classes[rate]
    }
}
