internal import JSON
package import Primitives

/// What an access token says (RFC 9068, section 2.2, with the suite's own `sid`, `roles` and `ep`).
///
/// No mail address and no name: a token is read by whoever holds it.
package struct AccessTokenClaims: Sendable, Hashable {
    /// The `typ` of the token that carries these claims.
    package static let tokenType = "at+jwt"
    /// How far the clocks of issuer and verifier may be apart.
    package static let leeway: Duration = .seconds(30)

    /// `iss`
    package var issuer: String
    /// `sub`: the account.
    package var subject: UUIDv7
    /// `aud`
    package var audience: String
    /// `exp`, in whole seconds.
    package var expiresAt: Timestamp
    /// `iat`, in whole seconds.
    package var issuedAt: Timestamp
    /// `jti`
    package var tokenID: UUIDv7
    /// `client_id`
    package var clientID: String
    /// `scope`: written with single spaces between.
    package var scopes: [String]
    /// `sid`: the session.
    package var sessionID: UUIDv7
    /// `auth_time`, in whole seconds: when the account last proved who it is.
    package var authenticatedAt: Timestamp
    /// `amr`: how it did (RFC 8176), for example `pwd`, `otp`.
    package var methods: [String]
    package var roles: [String]
    /// `ep`: the account's token epoch. Tokens of an earlier epoch are revoked as one.
    package var epoch: Int64

    package init(
        issuer: String, subject: UUIDv7, audience: String, issuedAt: Timestamp, expiresAt: Timestamp,
        tokenID: UUIDv7 = UUIDv7(), clientID: String, scopes: [String], sessionID: UUIDv7,
        authenticatedAt: Timestamp, methods: [String], roles: [String], epoch: Int64
    ) {
        self.issuer = issuer
        self.subject = subject
        self.audience = audience
        self.expiresAt = expiresAt
        self.issuedAt = issuedAt
        self.tokenID = tokenID
        self.clientID = clientID
        self.scopes = scopes
        self.sessionID = sessionID
        self.authenticatedAt = authenticatedAt
        self.methods = methods
        self.roles = roles
        self.epoch = epoch
    }

    /// Refuses claims that are not for this verifier or not for now; `expiresAt` itself is too late, give or take
    /// `leeway`.
    package func validate(
        issuer: String, audience: String, now: Timestamp, leeway: Duration = Self.leeway
    ) throws(AccessTokenFailure) {
        guard self.issuer == issuer else { throw .issuer }
        guard self.audience == audience else { throw .audience }
        guard expiresAt > issuedAt else { throw .malformed(claim: "exp") }
        guard now < expiresAt + leeway else { throw .expired }
        guard issuedAt <= now + leeway else { throw .notYetValid }
    }
}

/// Why a token that is signed was still refused.
package enum AccessTokenFailure: Error, Hashable, Sendable {
    /// The claim is missing, of another type or out of range.
    case malformed(claim: String)
    case issuer
    case audience
    case expired
    /// Issued in the future, by more than the leeway.
    case notYetValid
}
