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

    init(_ name: StaticString, _ quota: RateQuota, _ counting: RateLimiter.Counting, isByAddress: Bool = false) {
        self.name = name
        keyScope = "\(name):"
        self.counting = counting
        self.isByAddress = isByAddress
        limit = quota.limit
        policyField = "\"\(name)\";q=\(quota.calls);w=\(quota.window.seconds)"
    }

    /// What counts a call.
    ///
    /// - Parameter subject: `PeerAddress.limitSubject` or `VerifiedToken.limitKey`.
    func demand(of subject: String, cost: Int64 = 1) -> RateDemand {
        RateDemand(key: RateKey(scope: keyScope, subject), limit: limit, cost: cost)
    }
}
