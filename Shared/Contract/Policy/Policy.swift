/// What gateway, client and service do with an endpoint beside decoding it. Defaults are closed: internal, not cached.
package struct Policy: Sendable, Hashable {
    package let visibility: Visibility
    package let rate: RateClass
    package let retry: Retry
    package let cache: CachePolicy
    /// How long the whole call may take, minted at the edge.
    package let deadline: Duration
    /// The largest request body in bytes; more is a 413 before it is read.
    package let bodyBytesMax: Int
    /// What one call weighs in its rate class.
    package let cost: Int

    package init(
        visibility: Visibility = .internal, rate: RateClass, retry: Retry, cache: CachePolicy = .none,
        deadline: Duration = .seconds(10), bodyBytesMax: Int = 64 * 1024, cost: Int = 1
    ) {
        self.visibility = visibility
        self.rate = rate
        self.retry = retry
        self.cache = cache
        self.deadline = deadline
        self.bodyBytesMax = bodyBytesMax
        self.cost = cost
    }

    package enum Visibility: String, Sendable {
        /// Routed by the gateway.
        case `public`
        /// For services only; never routed from outside.
        case `internal`
    }

    /// When a call may be sent again by a machine.
    package enum Retry: String, Sendable {
        /// It changes nothing, or the same thing again (RFC 9110, section 9.2.2).
        case safe
        /// With the same `Idempotency-Key`.
        case keyed
        case never
    }

    package enum CachePolicy: Sendable, Hashable {
        case none
        /// A shared cache may keep the answer for `maxAge` (RFC 9111, section 5.2.2).
        case shared(maxAge: Duration)
    }
}

/// A family of endpoints that share a rate limit (their limits are configuration of the gateway).
package enum RateClass: String, Sendable, CaseIterable {
    /// Not limited by class: internal endpoints, health.
    case none
    case read
    case write
    case search
    case login
    case mail
}
