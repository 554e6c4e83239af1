internal import Contract
internal import RateLimiting
internal import Redis

/// One rate class with its limit, as the edge applies it. A class, since it goes along with every request.
final class RateRule: Sendable {
    /// As clients see it in `RateLimit`, and first part of the keys.
    let name: StaticString
    /// The name with a colon, in front of whom the calls are counted of.
    private let keyScope: String
    let limit: GCRA
    let counting: RateLimiter.Counting
    /// Counted by address even where a principal is known: a token must not buy more attempts at other accounts.
    let isByAddress: Bool
    /// `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers): quota and window in seconds.
    let policyField: String

    /// - Parameters:
    ///   - quota: calls in each `window`.
    ///   - window: in seconds.
    ///   - burst: how many of them at once.
    init(
        _ name: StaticString, _ quota: Int, every window: Int = 60, burst: Int? = nil,
        _ counting: RateLimiter.Counting, isByAddress: Bool = false
    ) {
        self.name = name
        keyScope = "\(name):"
        self.counting = counting
        self.isByAddress = isByAddress
        let burst = burst.map { min($0, quota) } ?? quota
        limit = GCRA(limit: Int64(quota), per: .seconds(window), burst: Int64(burst)) ?? .perMinute(Int64(quota))
        policyField = "\"\(name)\";q=\(quota);w=\(window)"
    }

    /// What counts a call.
    ///
    /// - Parameter subject: `PeerAddress.limitSubject` or `VerifiedToken.limitKey`.
    func demand(of subject: String, cost: Int64 = 1) -> RateDemand {
        RateDemand(key: RateKey(scope: keyScope, subject), limit: limit, cost: cost)
    }
}

/// The rate classes of the edge (edge.md, section 3).
package struct RateClasses: Sendable {
    /// Every request, by address, before anything is known of the caller.
    let connection: RateRule
    /// Credentials that were refused, by address.
    let invalidCredentials: RateRule
    let read: RateRule
    let write: RateRule
    let search: RateRule
    /// By address; auth counts by account as well.
    let login: RateRule
    /// By address; auth counts by recipient as well.
    let mail: RateRule
    let upload: RateRule

    /// - Parameter multiplier: what every limit is multiplied by: 1 is the public edge, load tests want more.
    package init(multiplier: Int = 1) {
        let times = max(1, multiplier)
        connection = RateRule("connection", 1200 * times, .wide, isByAddress: true)
        invalidCredentials = RateRule("invalid-credentials", 100 * times, .wide, isByAddress: true)
        read = RateRule("read", 600 * times, burst: 120 * times, .wide)
        write = RateRule("write", 60 * times, burst: 20 * times, .exact)
        search = RateRule("search", 60 * times, .wide)
        login = RateRule("login", 30 * times, .exact, isByAddress: true)
        mail = RateRule("mail", 10 * times, .exact, isByAddress: true)
        upload = RateRule("upload", 60 * times, every: 3600, .exact)
    }

    subscript(rate: RateClass) -> RateRule? {
        switch rate {
        case .none: nil
        case .read: read
        case .write: write
        case .search: search
        case .login: login
        case .mail: mail
        case .upload: upload
        }
    }
}

/// The rate classes of callers, which tiers multiply.
struct RateTiers: Sendable {
    private let standard: RateClasses
    /// The largest factor first.
    private let raised: [(name: String, classes: RateClasses)]

    init(_ tiers: [RateTier], multiplier: Int) {
        standard = RateClasses(multiplier: multiplier)
        raised = tiers.sorted { $0.factor > $1.factor }
            .map { ($0.name, RateClasses(multiplier: multiplier * $0.factor)) }
    }

    /// The rule of a class for this caller. What is counted by address is the same for all.
    func rule(_ rate: RateClass, of caller: VerifiedToken?) -> RateRule? {
        guard !raised.isEmpty, let caller, standard[rate]?.isByAddress == false,
            let tier = raised.first(where: { caller.tiers.contains($0.name) })
        else { return standard[rate] }
        return tier.classes[rate]
    }
}
