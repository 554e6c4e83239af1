internal import Contract
internal import Cryptography
internal import Primitives
internal import Protocol

/// Makes the pair of tokens of a session. Pure but for the random id of the access token.
struct TokenIssuer: Sendable {
    let configuration: AuthConfiguration
    let refreshTokens: RefreshTokenKeyring

    func tokens(
        for grant: SessionGrant, generation: Int, signedWith key: P256PrivateKey, at now: Timestamp
    ) -> Tokens {
        let scopes = Role.permissions(of: grant.roles)
        let claims = AccessTokenClaims(
            issuer: configuration.publicURL, subject: grant.account.uuid, audience: configuration.audience,
            issuedAt: now, expiresAt: now + configuration.accessTokenLifetime, clientID: grant.clientID,
            scopes: scopes, sessionID: grant.session.uuid, authenticatedAt: grant.authenticatedAt,
            methods: grant.methods, roles: grant.roles, epoch: Int64(grant.epoch))
        let refresh = RefreshToken(session: grant.session, generation: generation)
        return Tokens(
            accessToken: JWS.sign(claims.encoded, type: AccessTokenClaims.tokenType, key: key),
            expiresIn: Int(configuration.accessTokenLifetime.components.seconds),
            refreshToken: refreshTokens.encode(refresh),
            refreshExpiresIn: Int((grant.refreshExpiresAt - now).components.seconds),
            scope: scopes.joined(separator: " "), sessionId: grant.session)
    }
}
