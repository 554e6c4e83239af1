import AuthService
import Contract
import Cryptography
import Foundation
import JSON
import Primitives
import ServiceKit
import TestKit
import Testing

/// What claims to be someone and is not.
@Suite("Forged identities")
struct IdentityTests {
    private static let person = Task { try await SuiteUnderTest.shared().newPerson("forged") }

    /// A token of ours taken apart.
    private struct Parts {
        let header: String
        let claims: JSONObject
        let signature: String

        init(_ token: String) throws {
            let parts = token.split(separator: ".").map(String.init)
            header = parts[0]
            signature = parts[2]
            let payload = try JSONValue.parse(try #require(Base64URL.decode(parts[1])))
            claims = try #require(payload.object)
        }

        func with(_ change: (inout JSONObject) -> Void) -> [UInt8] {
            var claims = claims
            change(&claims)
            return JSONValue.object(claims).encoded
        }
    }

    private func encoded(_ text: String) -> String { Base64URL.encode(Array(text.utf8)) }

    /// The suite's own signing key, out of its database: to forge nothing but one claim.
    private func signingKey(_ suite: SuiteUnderTest) async throws -> P256PrivateKey {
        let row = try await suite.psql(
            "SELECT kid, encode(private_key, 'hex') FROM auth.signing_keys WHERE retired_at IS NULL "
                + "ORDER BY active_at LIMIT 1")
        let parts = row.text.split(whereSeparator: { "|\n".contains($0) }).map(String.init)
        try #require(parts.count == 2, "\(row.text)\(row.errorText)")
        let secrets = try AuthSecrets(KeysDirectory(path: suite.keysFolder))
        let sealed = try #require(Hex.decode(parts[1]))
        let scalar = try secrets.signingKeys.open(sealed, associatedData: Array(parts[0].utf8))
        return try #require(P256PrivateKey(scalar: Secret(scalar)))
    }

    private func me(_ token: String, _ suite: SuiteUnderTest) async throws -> HTTPReply {
        try await suite.gateway.get("/v1/auth/me", headers: ["authorization: Bearer \(token)"])
    }

    @Test("Tokens that were changed, unsigned, or signed by a foreign key are refused")
    func forgedTokens() async throws {
        let suite = try await SuiteUnderTest.shared()
        let token = try await Self.person.value.accessToken
        let parts = try Parts(token)
        let payload = token.split(separator: ".")[1]
        let admin = parts.with { $0["roles"] = .array([.string("admin")]) }
        let foreign = P256PrivateKey.generate()
        let header = try JSONValue.parse(try #require(Base64URL.decode(parts.header)))
        let kid = try #require(header.object?["kid"]?.string)
        let named = "\(encoded(#"{"alg":"ES256","kid":"\#(kid)","typ":"at+jwt"}"#)).\(payload)"
        let table: [(name: String, token: String)] = [
            ("alg none", "\(encoded(#"{"alg":"none","typ":"at+jwt"}"#)).\(payload)."),
            ("alg none with our kid", "\(encoded(#"{"alg":"none","kid":"\#(kid)","typ":"at+jwt"}"#)).\(payload)."),
            ("HS256", "\(encoded(#"{"alg":"HS256","kid":"\#(kid)","typ":"at+jwt"}"#)).\(payload).\(parts.signature)"),
            ("a foreign key", JWS.sign(parts.with { _ in }, type: "at+jwt", key: foreign)),
            ("a foreign key by our name", "\(named).\(Base64URL.encode(foreign.sign(Array(named.utf8))))"),
            (
                "an embedded key",
                "\(encoded(#"{"alg":"ES256","jwk":{},"typ":"at+jwt"}"#)).\(payload).\(parts.signature)"
            ),
            ("other claims", "\(parts.header).\(Base64URL.encode(admin)).\(parts.signature)"),
            ("no signature", "\(parts.header).\(payload)."), ("two parts", "\(parts.header).\(payload)"),
            (
                "a signature of zeros",
                "\(parts.header).\(payload).\(Base64URL.encode([UInt8](repeating: 0, count: 64)))"
            ),
            ("padding", token + "=="), ("a refresh token", try await Self.person.value.refreshToken), ("a word", "x"),
            ("too long", token + String(repeating: "A", count: 9000)),
        ]
        for (name, token) in table {
            let reply = try await me(token, suite)
            expectProblem(reply, 401, "access-token-invalid", "\(name): \(reply)")
            #expect(reply.header("www-authenticate")?.contains(#"error="invalid_token""#) == true, "\(name)")
        }
        #expect(try await me(token, suite).status == 200)
    }

    @Test("Tokens of our own key that are expired, early, or for others are refused")
    func wrongClaims() async throws {
        let suite = try await SuiteUnderTest.shared()
        let parts = try Parts(try await Self.person.value.accessToken)
        let key = try await signingKey(suite)
        let now = Int64(Date().timeIntervalSince1970)
        func signed(_ type: String = "at+jwt", _ change: (inout JSONObject) -> Void) -> String {
            JWS.sign(parts.with(change), type: type, key: key)
        }
        // The control: with nothing wrong in it, such a token is taken.
        #expect(try await me(signed { $0["exp"] = .integer(now + 60) }, suite).status == 200)
        let table: [(name: String, token: String)] = [
            ("expired", signed { ($0["iat"], $0["exp"]) = (.integer(now - 1000), .integer(now - 31)) }),
            ("from the future", signed { ($0["iat"], $0["exp"]) = (.integer(now + 100), .integer(now + 200)) }),
            ("another audience", signed { $0["aud"] = .string("someone-else") }),
            ("another issuer", signed { $0["iss"] = .string("https://evil.example") }),
            ("no expiry", signed { $0["exp"] = nil }), ("no subject", signed { $0["sub"] = nil }),
            ("another type", signed("JWT") { _ in }),
        ]
        for (name, token) in table {
            let reply = try await me(token, suite)
            expectProblem(reply, 401, "access-token-invalid", "\(name): \(reply)")
        }
    }

    @Test("A token never gains more than its roles and scope give")
    func scope() async throws {
        let suite = try await SuiteUnderTest.shared()
        let parts = try Parts(try await Self.person.value.accessToken)
        let key = try await signingKey(suite)
        let narrowed = JWS.sign(parts.with { $0["scope"] = .string("") }, type: "at+jwt", key: key)
        let reply = try await suite.gateway.send(
            "POST", "/v1/articles", headers: ["authorization: Bearer \(narrowed)"], json: #"{"title":"T","body":""}"#)
        expectProblem(reply, 403, "forbidden")
    }

    @Test("More than one credential is a 400; other schemes are a 401")
    func credentials() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await Self.person.value
        let table: [(headers: [String], status: Int, code: String)] = [
            ([person.authorization, person.authorization], 400, "credentials-conflict"),
            ([person.authorization, "x-api-key: cwk_x"], 400, "credentials-conflict"),
            (["authorization: Basic dTpw"], 401, "access-token-invalid"),
            (["authorization: Bearer"], 401, "access-token-invalid"),
            (["authorization: Bearer a b"], 401, "access-token-invalid"),
            ([], 401, "unauthenticated"),
        ]
        for (headers, status, code) in table {
            for version in ["--http2", "--http1.1"] {
                let reply = try await suite.gateway.with(version).get("/v1/auth/me", headers: headers)
                expectProblem(reply, status, code, "\(headers) \(version): \(reply)")
            }
        }
        // A bad credential is refused also where none is needed: nobody is taken for anonymous who is not.
        let open = try await suite.gateway.get("/v1/articles", headers: ["authorization: Bearer x"])
        expectProblem(open, 401, "access-token-invalid")
    }

    @Test("Headers from outside that claim an identity, a request or a route mean nothing")
    func outsideHeaders() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await Self.person.value
        let keys = KeysDirectory(path: suite.keysFolder)
        let genuine = try signer(.gateway, .auth, keys, key: .context(from: .gateway, to: .auth))
            .sign(context(), now: .now)
        let claims = [
            "causeway-caller: \(genuine)", "x-request-id: 00000000-0000-7000-8000-000000000000",
            "x-forwarded-for: 203.0.113.9", "x-real-ip: 203.0.113.9", "forwarded: for=203.0.113.9",
            "x-user-id: 019a0000-0000-7000-8000-000000000000", "x-roles: admin", "causeway-deadline-ms: 1",
            "x-original-url: /internal/auth/revocations", "x-http-method-override: DELETE",
        ]
        expectProblem(try await suite.gateway.get("/v1/auth/me", headers: claims), 401, "unauthenticated")
        let me = try await suite.gateway.get("/v1/auth/me", headers: claims + [person.authorization])
        #expect(me["email"]?.string == person.email, "\(me)")
        #expect(me.header("x-request-id") != "00000000-0000-7000-8000-000000000000")
        let sessions = try await suite.gateway.get("/v1/auth/sessions", headers: claims + [person.authorization])
        #expect(!sessions.text.contains("203.0.113.9"), "\(sessions)")
    }

    private func context(_ issuer: ServiceName = .gateway) -> CallerContext {
        CallerContext(
            issuer: issuer,
            account: .init(
                id: AccountID(UUIDv7()), session: SessionID(UUIDv7()), roles: ["admin"],
                permissions: ["articles:publish", "articles:write"], authenticatedAt: .now, methods: ["pwd"], epoch: 0),
            clientAddress: "127.0.0.1")
    }

    private func signer(
        _ issuer: ServiceName, _ audience: ServiceName, _ keys: KeysDirectory, key: KeysDirectory.Name
    ) throws -> CallerContextSigner {
        CallerContextSigner(
            issuer: issuer, audience: audience, key: try #require(try keys.keys(key).first).bytes)
    }

    @Test("A caller context that is forged, stale or meant for another is refused at a service's own port")
    func forgedContext() async throws {
        let suite = try await SuiteUnderTest.shared()
        let keys = KeysDirectory(path: suite.keysFolder)
        let list = "/v1/articles?limit=1"
        let good = try signer(.gateway, .content, keys, key: .context(from: .gateway, to: .content))
        // The control: so signed, it is taken.
        let taken = try await suite.service(.content)
            .get(list, headers: ["causeway-caller: \(good.sign(context(), now: .now))"])
        #expect(taken.status == 200, "\(taken)")
        let fresh = good.sign(context(), now: .now)
        let parts = fresh.split(separator: ".").map(String.init)
        let stranger = CallerContextSigner(
            issuer: .gateway, audience: .content, key: Secret([UInt8](repeating: 7, count: 32)))
        let table: [(name: String, header: String?)] = [
            ("none", nil), ("empty", ""), ("a word", "x"), ("a foreign key", stranger.sign(context(), now: .now)),
            ("expired", good.sign(context(), now: .now - .seconds(31))),
            (
                "for another service",
                try signer(.gateway, .user, keys, key: .context(from: .gateway, to: .user)).sign(context(), now: .now)
            ),
            (
                "in another's name",
                try signer(.user, .content, keys, key: .context(from: .gateway, to: .content))
                    .sign(context(.user), now: .now)
            ),
            (
                "another tag",
                parts.dropLast().joined(separator: ".") + "." + Base64URL.encode([UInt8](repeating: 0, count: 32))
            ),
            ("no tag", parts.dropLast().joined(separator: ".")),
            ("another version", "v2." + parts.dropFirst().joined(separator: ".")),
            ("twice as long", fresh + fresh),
        ]
        for (name, header) in table {
            for (method, target) in [("GET", list), ("GET", "/nowhere")] {
                let reply = try await suite.service(.content).send(
                    method, target,
                    headers: header.map { $0.isEmpty ? ["causeway-caller;"] : ["causeway-caller: \($0)"] } ?? [])
                #expect(reply.status == 401, "\(name): \(reply)")
                #expect(reply.code == "unauthenticated", "\(name): \(reply)")
            }
        }
    }

    @Test("A service's endpoints for services take no account, and the gateway may not call them")
    func internalEndpoints() async throws {
        let suite = try await SuiteUnderTest.shared()
        let keys = KeysDirectory(path: suite.keysFolder)
        let id = "019a0000-0000-7000-8000-000000000000"
        let gateway = try signer(.gateway, .user, keys, key: .context(from: .gateway, to: .user))
        let asPerson = try await suite.service(.user).get(
            "/internal/user/profiles?ids=\(id)", headers: ["causeway-caller: \(gateway.sign(context(), now: .now))"])
        #expect([401, 403, 404].contains(asPerson.status), "\(asPerson)")
        let content = try signer(.content, .user, keys, key: .context(from: .content, to: .user))
        let asService = try await suite.service(.user).get(
            "/internal/user/profiles?ids=\(id)",
            headers: ["causeway-caller: \(content.sign(CallerContext(issuer: .content), now: .now))"])
        #expect(asService.status == 200, "\(asService)")
    }
}
