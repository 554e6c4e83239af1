/// What gateway, client and service do with an endpoint beside decoding it. Defaults are closed: internal, not cached.
@usableFromInline package struct Policy: Sendable, Hashable {
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
    /// What is given up first when there is more to do than can be done.
    package let criticality: Criticality
    /// Whether an API key may call what only asks that the caller is signed in. What asks for a permission takes every
    /// key whose scopes hold it, and what anyone may call takes every key.
    package let takesAPIKeys: Bool
    /// What a call that succeeded makes untrue of what the edge has kept, beside the tags that its answer carries.
    package let purges: [CacheTagTemplate]
    /// Nil while the operation is there to stay.
    package let deprecation: Deprecation?
    /// The answer may go on for as long as both sides like, as a stream of events, or as a WebSocket where the client
    /// asks for one: `deadline` is for its beginning.
    package private(set) var isLasting = false

    /// The same for an operation whose answer may go on.
    package var lasting: Policy {
        var policy = self
        policy.isLasting = true
        return policy
    }

    package init(
        visibility: Visibility = .internal, rate: RateClass, retry: Retry, cache: CachePolicy = .none,
        deadline: Duration = .seconds(10), bodyBytesMax: Int = 64 * 1024, cost: Int = 1,
        criticality: Criticality = .normal, takesAPIKeys: Bool = false, purges: [CacheTagTemplate] = [],
        deprecation: Deprecation? = nil
    ) {
        self.visibility = visibility
        self.rate = rate
        self.retry = retry
        self.cache = cache
        self.deadline = deadline
        self.bodyBytesMax = bodyBytesMax
        self.cost = cost
        self.takesAPIKeys = takesAPIKeys
        self.purges = purges
        self.criticality = criticality
        self.deprecation = deprecation
    }

    package enum Criticality: String, Sendable, CaseIterable {
        /// Refused first: what a client can show something without, or ask for again.
        case sheddable
        case normal
        /// Refused last: what keeps people signed in, or takes access away.
        case critical
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
        /// The edge may keep the answer and give it again.
        case shared(SharedCaching)
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
    /// Files and what is as large.
    case upload
}
