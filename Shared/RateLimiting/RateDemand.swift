/// One thing a call is counted against: a key, its limit, and how much the call weighs.
///
/// The demands of one call must have different keys.
package struct RateDemand: Hashable, Sendable {
    /// Names the bucket: class and subject, as `write:account:0190…`.
    package let key: String
    package let limit: GCRA
    /// Tokens, 1 for an ordinary call; 0 only looks.
    package let cost: Int64

    package init(key: String, limit: GCRA, cost: Int64 = 1) {
        self.key = key
        self.limit = limit
        self.cost = cost
    }
}
