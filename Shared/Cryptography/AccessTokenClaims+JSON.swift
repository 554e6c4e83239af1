package import JSON
internal import Primitives

extension AccessTokenClaims {
    /// The payload of the token.
    package var encoded: [UInt8] {
        JSONWriter.object { json in
            json.member("iss", string: issuer)
            json.member("sub", string: subject.description)
            json.member("aud", string: audience)
            json.member("exp", integer: expiresAt.seconds)
            json.member("iat", integer: issuedAt.seconds)
            json.member("jti", string: tokenID.description)
            json.member("client_id", string: clientID)
            json.member("scope", string: scopes.joined(separator: " "))
            json.member("sid", string: sessionID.description)
            json.member("auth_time", integer: authenticatedAt.seconds)
            json.member("amr", strings: methods)
            json.member("roles", strings: roles)
            json.member("ep", integer: epoch)
        }
    }

    /// Reads a payload: every claim must be there and of its type. Others are passed over, so that a newer issuer may
    /// add one.
    package init(payload: JSONObject) throws(AccessTokenFailure) {
        let claims = ClaimReader(payload: payload)
        self.init(
            issuer: try claims.text("iss"), subject: try claims.identifier("sub"), audience: try claims.text("aud"),
            issuedAt: try claims.moment("iat"), expiresAt: try claims.moment("exp"),
            tokenID: try claims.identifier("jti"), clientID: try claims.text("client_id"),
            scopes: try claims.words("scope"), sessionID: try claims.identifier("sid"),
            authenticatedAt: try claims.moment("auth_time"), methods: try claims.texts("amr"),
            roles: try claims.texts("roles"), epoch: try claims.count("ep"))
    }
}

/// Takes claims out of a payload by type.
private struct ClaimReader {
    /// 9999-12-31T23:59:59Z: later moments are mistakes, and their microseconds would overflow.
    private static let secondsMax: Int64 = 253_402_300_799

    let payload: JSONObject

    func text(_ claim: String) throws(AccessTokenFailure) -> String {
        guard let text = payload[claim]?.string, !text.isEmpty else { throw .malformed(claim: claim) }
        return text
    }

    func identifier(_ claim: String) throws(AccessTokenFailure) -> UUIDv7 {
        guard let id = UUIDv7(try text(claim)) else { throw .malformed(claim: claim) }
        return id
    }

    func count(_ claim: String) throws(AccessTokenFailure) -> Int64 {
        guard let value = payload[claim]?.integer, value >= 0 else { throw .malformed(claim: claim) }
        return value
    }

    func moment(_ claim: String) throws(AccessTokenFailure) -> Timestamp {
        let seconds = try count(claim)
        guard seconds <= Self.secondsMax else { throw .malformed(claim: claim) }
        return Timestamp(seconds: seconds)
    }

    func texts(_ claim: String) throws(AccessTokenFailure) -> [String] {
        guard let values = payload[claim]?.array else { throw .malformed(claim: claim) }
        let texts = values.compactMap(\.string)
        guard texts.count == values.count else { throw .malformed(claim: claim) }
        return texts
    }

    /// An empty scope is no scopes; otherwise single spaces stand between (RFC 6749, section 3.3).
    func words(_ claim: String) throws(AccessTokenFailure) -> [String] {
        guard let text = payload[claim]?.string else { throw .malformed(claim: claim) }
        guard !text.isEmpty else { return [] }
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard !words.contains("") else { throw .malformed(claim: claim) }
        return words
    }
}
