/// One thing a call is counted against: a key, its limit, and how much the call weighs.
///
/// The demands of one call must have different keys.
package struct RateDemand: Hashable, Sendable {
    package let key: RateKey
    package let limit: GCRA
    /// Tokens, 1 for an ordinary call; 0 only looks.
    package let cost: Int64

    package init(key: RateKey, limit: GCRA, cost: Int64 = 1) {
        self.key = key
        self.limit = limit
        self.cost = cost
    }
}

/// Names a bucket: class and subject, as `write:account:0190…`.
///
/// In two parts, so that their text is put together only where it leaves this process. Whoever counts calls of a class
/// always parts its keys at the same place.
package struct RateKey: Hashable, Sendable {
    private let scope: String
    private let subject: String

    package init(scope: String = "", _ subject: String) {
        self.scope = scope
        self.subject = subject
    }

    package var text: String { scope + subject }
}

extension RateKey: ExpressibleByStringInterpolation {
    package init(stringLiteral text: String) { self.init(text) }
}
