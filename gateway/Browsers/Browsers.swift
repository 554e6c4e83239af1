internal import Contract
internal import HTTP
internal import ServiceKit

/// What the edge knows of pages: which may read answers, and which may change something by a cookie.
struct Browsers: Sendable {
    /// Nil where no page of another origin may read anything.
    let crossOrigin: CrossOrigin?
    let proofs: SessionProof
    /// Origins whose pages cookies may authorise.
    private let ownOrigins: Set<String>

    init(_ configuration: GatewayConfiguration, proofs: SessionProof, exposing names: [String]) {
        crossOrigin = CrossOrigin(configuration, exposing: names)
        self.proofs = proofs
        let trusted = configuration.crossOriginCredentials ? configuration.crossOrigins : []
        ownOrigins = Set(trusted + [Origin.of(url: configuration.publicURL)].compactMap(\.self))
    }

    /// Whether the browser vouches that one of our own pages sends this: `Sec-Fetch-Site`, else the exact origin. No
    /// page can forge either. A client that says neither is no browser that should hold cookies.
    func areOurs(_ fields: HeaderFields) -> Bool {
        fields.first("sec-fetch-site") == "same-origin" || isOwnOrigin(fields)
    }

    /// Whether the one origin that is named is ours.
    func isOwnOrigin(_ fields: HeaderFields) -> Bool {
        fields.count(of: "origin") == 1 && fields.first("origin").map(ownOrigins.contains) ?? false
    }

    /// Whether a change that is authorised by a cookie comes from our own page, which knows the session's token.
    func prove(_ caller: VerifiedToken, _ fields: HeaderFields) -> Bool {
        guard areOurs(fields), let index = fields.firstIndex(SessionProof.header) else { return false }
        return proofs.isValid(fields.valueBytes(at: index), for: caller.account.session)
    }
}
