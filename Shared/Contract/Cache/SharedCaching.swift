/// How the edge's cache may keep what an endpoint answers.
///
/// An answer is kept only where it says so too; what both say is the shorter of the two.
package struct SharedCaching: Sendable, Hashable {
    /// Whose requests the kept answer is for.
    package enum Audience: Sendable, Hashable {
        /// Only those without a credential.
        case anonymous
        /// The answer is the same for all: that somebody is signed in changes nothing.
        case everyone
    }

    /// How long an answer is given without asking the service (RFC 9111, section 4.2).
    package let freshFor: Duration
    /// For how long after that it is still given, while the service is asked behind it (RFC 5861, section 3).
    package let staleWhileRevalidating: Duration
    /// For how long it is given where the service fails (RFC 5861, section 4).
    package let staleIfError: Duration
    /// How long clients and caches may keep it that no purge reaches; zero: they ask each time.
    package let clientsFor: Duration
    /// Statuses of successes that are kept.
    package let statuses: Set<Int>
    /// How long it is kept that there is nothing (404 `not-found`); zero: not at all.
    package let absentFor: Duration
    /// Request fields, in lower case, that the answer may depend on. The service sees no others of a client.
    package let variesBy: [String]
    package let audience: Audience
    /// Beside those that the answer itself carries.
    package let tags: [CacheTagTemplate]

    package init(
        freshFor: Duration, staleWhileRevalidating: Duration = .zero, staleIfError: Duration = .zero,
        clientsFor: Duration = .zero, statuses: Set<Int> = [200], absentFor: Duration = .zero,
        variesBy: [String] = [], audience: Audience = .anonymous, tags: [CacheTagTemplate] = []
    ) {
        self.freshFor = freshFor
        self.staleWhileRevalidating = staleWhileRevalidating
        self.staleIfError = staleIfError
        self.clientsFor = clientsFor
        self.statuses = statuses
        self.absentFor = absentFor
        self.variesBy = variesBy
        self.audience = audience
        self.tags = tags
    }

    /// The field by which services tell the edge what only the edge may do (RFC 9213): it goes no further.
    package static let targetedField = "cdn-cache-control"

    /// Its value for a success.
    package var targeted: String {
        "max-age=\(freshFor.wholeSeconds), stale-while-revalidate=\(staleWhileRevalidating.wholeSeconds), "
            + "stale-if-error=\(staleIfError.wholeSeconds)"
    }

    /// Its value where there is nothing; nil where that is not kept.
    package var targetedAbsence: String? {
        absentFor > .zero ? "max-age=\(absentFor.wholeSeconds)" : nil
    }

    /// `Cache-Control` of a success, for everybody else (RFC 9111, section 5.2.2).
    package var untargeted: String {
        clientsFor > .zero ? "public, max-age=\(clientsFor.wholeSeconds)" : "no-cache"
    }
}

extension Duration {
    fileprivate var wholeSeconds: Int64 { components.seconds }
}
