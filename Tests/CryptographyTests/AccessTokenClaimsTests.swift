import Cryptography
import JSON
import Primitives
import Testing

@Suite struct AccessTokenClaimsTests {
    private static let issuedAt = Timestamp(seconds: 1_800_000_000)
    private static let claims = AccessTokenClaims(
        issuer: "https://localhost:8443", subject: UUIDv7(at: issuedAt), audience: "causeway", issuedAt: issuedAt,
        expiresAt: issuedAt + .seconds(900), clientID: "web", scopes: ["read", "write"],
        sessionID: UUIDv7(at: issuedAt), authenticatedAt: issuedAt - .seconds(60), methods: ["pwd"],
        roles: ["author"], epoch: 3)

    private static func payload() throws -> JSONObject {
        try #require(JSONValue.parse(claims.encoded).object)
    }

    @Test func claimsTravelInAToken() throws {
        let key = P256PrivateKey.generate()
        let token = JWS.sign(Self.claims.encoded, type: AccessTokenClaims.tokenType, key: key)
        let verified = try P256KeySet([key.publicKey]).verify(token, expectedType: "at+jwt")
        #expect(try AccessTokenClaims(payload: verified.payload) == Self.claims)
    }

    @Test func theNamesAreTheWireFormat() throws {
        let names = try Self.payload().members.map(\.name)
        let expected = [
            "iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "sid", "auth_time", "amr", "roles", "ep",
        ]
        #expect(names == expected)
        #expect(try Self.payload()["scope"] == .string("read write"))
        #expect(try Self.payload()["exp"] == .integer(1_800_000_900))
    }

    @Test func everyClaimIsRequired() throws {
        for member in try Self.payload().members {
            for wrong in [nil, JSONValue.null, .bool(true), .number(1.5), .integer(-1), .object([:]), .array([.null])] {
                var payload = try Self.payload()
                payload[member.name] = wrong
                #expect(throws: AccessTokenFailure.malformed(claim: member.name)) {
                    try AccessTokenClaims(payload: payload)
                }
            }
        }
    }

    @Test func wrongValuesAreRefused() throws {
        let wrong: [(String, JSONValue)] = [
            ("sub", .string("7")), ("sub", .string(Self.claims.subject.description.uppercased())),
            ("exp", .integer(.max)), ("iat", .integer(253_402_300_800)), ("scope", .string("a  b")),
            ("scope", .string(" a")), ("iss", .string("")), ("aud", .array([.string("causeway")])),
        ]
        for (claim, value) in wrong {
            var payload = try Self.payload()
            payload[claim] = value
            #expect(throws: AccessTokenFailure.malformed(claim: claim)) { try AccessTokenClaims(payload: payload) }
        }
    }

    @Test func noScopesAndNewClaimsAreFine() throws {
        var payload = try Self.payload()
        payload["scope"] = .string("")
        payload["later"] = .object([:])
        #expect(try AccessTokenClaims(payload: payload).scopes == [])
    }

    @Test func timeIsCheckedWithLeeway() {
        func validate(at offset: Duration) throws(AccessTokenFailure) {
            try Self.claims.validate(
                issuer: "https://localhost:8443", audience: "causeway", now: Self.issuedAt + offset)
        }
        for seconds in [-30, 0, 899, 900, 929] { #expect(throws: Never.self) { try validate(at: .seconds(seconds)) } }
        #expect(throws: AccessTokenFailure.expired) { try validate(at: .seconds(930)) }
        #expect(throws: AccessTokenFailure.notYetValid) { try validate(at: .seconds(-31)) }
    }

    @Test func issuerAndAudienceAreChecked() {
        let now = Self.issuedAt
        #expect(throws: AccessTokenFailure.issuer) {
            try Self.claims.validate(issuer: "https://localhost:8443/", audience: "causeway", now: now)
        }
        #expect(throws: AccessTokenFailure.audience) {
            try Self.claims.validate(issuer: "https://localhost:8443", audience: "other", now: now)
        }
        var backwards = Self.claims
        backwards.expiresAt = backwards.issuedAt
        #expect(throws: AccessTokenFailure.malformed(claim: "exp")) {
            try backwards.validate(issuer: "https://localhost:8443", audience: "causeway", now: now)
        }
    }
}
