import Contract
import Cryptography
import Foundation
import HTTP
import Primitives
import Protocol
import TestKit
import Testing

@testable import Gateway

/// Who is let through, as whom, seen from both sides of the gateway.
@Suite("Identity at the edge", .serialized)
struct IdentityTests {
    private func bearer(_ token: String) -> [String] { ["-H", "Authorization: Bearer \(token)"] }

    private func code(
        _ gateway: TestGateway, _ token: String, _ path: String = "/v1/users/me"
    ) async throws -> String {
        let reply = try await gateway.get(path, bearer(token))
        if reply.status == 401 { #expect(reply["www-authenticate"]?.contains("invalid_token") == true) }
        return reply.status == 200 ? "200" : "\(reply.status) \(reply.json["code"] ?? "")"
    }

    @Test("verifies a token that has expired once, however often it comes, and charges nobody for it")
    func expired() async throws {
        try await TestGateway.with { gateway in
            let old = bearer(gateway.token(age: .seconds(1000)))
            let asked = Array(repeating: (path: "/v1/users/me", arguments: old), count: 120)
            let (statuses, _) = try await gateway.onOneConnection("--http2", asked)
            #expect(statuses == Array(repeating: 401, count: 120))
            let metrics = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
            func lookups(_ outcome: String) -> Substring? {
                metrics.split(separator: "\n").first {
                    $0.hasPrefix("cache_lookups_total{") && $0.contains("\"token\"") && $0.contains("\"\(outcome)\"")
                }?.split(separator: " ").last
            }
            #expect(lookups("miss") == "1" && lookups("hit") == "119", "\(metrics)")
            // Forgeries are charged, and so are refused in the end.
            let forged = bearer(gateway.token(key: .generate()))
            let tried = try await gateway.onOneConnection(
                "--http2", Array(repeating: (path: "/v1/users/me", arguments: forged), count: 120))
            #expect(tried.statuses.first == 401 && tried.statuses.contains(429), "\(tried)")
        }
    }

    @Test("lets a good token through, signed for the service")
    func good() async throws {
        try await TestGateway.with { gateway in
            let account = AccountID.make()
            let session = SessionID.make()
            let token = gateway.token(roles: ["author"], session: session, account: account)
            for scheme in ["Bearer", "bearer", "BEARER"] {
                let reply = try await gateway.get(
                    "/v1/articles", ["-A", "agent/1", "-H", "Authorization: \(scheme) \(token)"])
                #expect(reply.status == 200)
            }
            let context = try #require(try gateway.lastContext())
            #expect(context.issuer == .gateway)
            #expect(context.account?.id == account && context.account?.session == session)
            #expect(context.account?.permissions == ["articles:publish", "articles:write", "comments:write"])
            #expect(context.clientAddress == "127.0.0.1" && context.userAgent == "agent/1")
            #expect(gateway.service.calls.allSatisfy { !$0.fields.contains("authorization") })
            _ = try await gateway.get("/v1/articles")
            let anonymous = try #require(try gateway.lastContext())
            #expect(anonymous.account == nil && anonymous.clientAddress == "127.0.0.1")
        }
    }

    @Test("gives no more than roles and scope allow together")
    func scope() async throws {
        try await TestGateway.with { gateway in
            let narrow = gateway.token(roles: ["admin"]) { $0.scopes = ["articles:write", "made:up"] }
            _ = try await gateway.get("/v1/articles", bearer(narrow))
            #expect(try gateway.lastContext()?.account?.permissions == ["articles:write"])
            let reader = try await gateway.get(
                "/v1/articles", bearer(gateway.token(roles: ["reader", "made-up"])) + ["-d", "{}"])
            #expect(reader.status == 403 && reader.json["code"] == "forbidden")
            #expect(reader.json["detail"]?.contains("articles:write") == true)
            #expect(gateway.service.calls.count == 1)
        }
    }

    @Test("refuses every token that is not ours and good, at endpoints open to anyone too")
    func bad() async throws {
        try await TestGateway.with { gateway in
            let good = gateway.token()
            let parts = good.split(separator: ".").map(String.init)
            let none = Base64URL.encode(Array("{\"alg\":\"none\",\"typ\":\"at+jwt\"}".utf8))
            let otherKey = P256PrivateKey.generate()
            let bad: [String: String] = [
                "nothing": "x", "alg none": "\(none).\(parts[1]).",
                "alg none, signed": "\(none).\(parts[1]).\(parts[2])",
                "foreign key": gateway.token(key: otherKey), "cut": String(good.dropLast(4)),
                "no signature": "\(parts[0]).\(parts[1]).", "padded": good + "=",
                "another's payload": "\(parts[0]).\(gateway.token().split(separator: ".")[1]).\(parts[2])",
                "expired": gateway.token(age: .seconds(1000)),
                "from the future": gateway.token(age: .seconds(-300)),
                "other issuer": gateway.token { $0.issuer = "https://evil.example" },
                "other audience": gateway.token { $0.audience = "other" },
                "huge": String(repeating: "a", count: 9000),
                "other type": JWS.sign(Array("{}".utf8), type: "JWT", key: gateway.key),
                "no claims": JWS.sign(Array("{}".utf8), type: "at+jwt", key: gateway.key),
            ]
            for (name, token) in bad {
                for path in ["/v1/users/me", "/v1/articles"] {
                    #expect(try await code(gateway, token, path) == "401 access-token-invalid", "\(name) at \(path)")
                }
            }
            #expect(try await gateway.get("/v1/users/me").json["code"] == "unauthenticated")
            let two = try await gateway.get("/v1/articles", bearer(good) + bearer(good))
            #expect(two.status == 400 && two.json["code"] == "credentials-conflict")
            #expect(gateway.service.calls.isEmpty)
        }
    }

    @Test("tells the requests of one connection apart", arguments: ["--http2", "--http1.1"])
    func oneConnection(version: String) async throws {
        try await TestGateway.with { gateway in
            let (one, other, reader) = (AccountID.make(), AccountID.make(), AccountID.make())
            let token = gateway.token(account: one)
            let readers = bearer(gateway.token(roles: ["reader"], account: reader))
            let changed = token.dropLast() + (token.hasSuffix("A") ? "B" : "A")
            let cookie = ["-H", "Cookie: \(TokenCookies.accessName)=\(token)"]
            let cases: [(arguments: [String], status: Int, account: AccountID?)] = [
                (bearer(token), 200, one), (bearer(token), 200, one),
                (bearer(gateway.token(account: other)), 200, other), (bearer(token), 200, one), ([], 200, nil),
                (bearer(token), 200, one), (bearer(String(changed)), 401, nil), (bearer(token), 200, one),
                (bearer(token) + ["-H", "X-API-Key: x"], 400, nil), (bearer(token) + cookie, 400, nil),
                (bearer(token) + bearer(token), 400, nil), (readers, 200, reader), (readers + ["-d", "{}"], 403, nil),
                (bearer(token + ","), 400, nil), (bearer(token), 200, one),
            ]
            let (statuses, connections) = try await gateway.onOneConnection(
                version, cases.map { ("/v1/articles", $0.arguments) })
            #expect(statuses == cases.map(\.status) && connections == 1)
            #expect(try gateway.contexts().map { $0?.account?.id } == cases.filter { $0.status == 200 }.map(\.account))
        }
    }

    @Test("drops what claims to be inside")
    func stripped() async throws {
        try await TestGateway.with { gateway in
            let forged = [
                "causeway-caller": "v1.gateway.e30.AAAA", "causeway-deadline-ms": "999999", "x-request-id": "forged",
                "x-user-id": "1", "x-forwarded-for": "1.2.3.4", "forwarded": "for=1.2.3.4", "x-real-ip": "1.2.3.4",
                "cookie": "a=b", "te": "trailers", "x-http-method-override": "DELETE", "proxy-authorization": "x",
                "x-original-url": "/internal", "tracestate": "a=b",
            ]
            let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let arguments = forged.flatMap { ["-H", "\($0.key): \($0.value)"] } + ["-H", "traceparent: \(trace)"]
            for version in ["--http2", "--http1.1"] {
                let reply = try await gateway.get("/v1/articles", arguments + [version, "-H", "Accept-Language: de"])
                #expect(reply.status == 200)
                let call = try #require(gateway.service.calls.last)
                let names = Set(call.fields.map(\.name))
                #expect(
                    names == [
                        "accept", "accept-language", "causeway-caller", "x-request-id", "traceparent",
                        "causeway-deadline-ms",
                    ])
                #expect(call.fields.count == names.count)
                #expect(try gateway.lastContext()?.clientAddress == "127.0.0.1")
                #expect(call.fields.first("x-request-id") == reply["x-request-id"])
                let seen = try #require(call.fields.first("traceparent"))
                #expect(seen.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") && seen != trace)
                let deadline = try #require(call.fields.first("causeway-deadline-ms").flatMap { Int($0) })
                #expect((5000...10_000).contains(deadline))
            }
        }
    }

    @Test("forgets a session as soon as it is revoked")
    func revoked() async throws {
        let redis = try TestRedisServer()
        try await TestGateway.with(redisPort: redis.port) { gateway in
            let session = SessionID.make()
            let token = gateway.token(session: session)
            #expect(try await code(gateway, token) == "200")
            let append = [
                "redis-cli", "-p", "\(redis.port)", "xadd", "causeway:revocations", "*", "sid", "\(session)", "at",
                "\(Timestamp.now.microseconds)",
            ]
            #expect(try await ChildProcess.run(append).status == 0)
            let start = ContinuousClock.now
            try await eventually { try await code(gateway, token) == "401 access-token-invalid" }
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(try await code(gateway, gateway.token()) == "200")
        }
    }

    @Test("learns a new key from the first token that names it")
    func newKey() async throws {
        try await TestGateway.with { gateway in
            let next = P256PrivateKey.generate()
            gateway.service.publish(P256KeySet([gateway.key.publicKey, next.publicKey]).document)
            // The fetch at the start began the pause between fetches.
            try await eventually { try await code(gateway, gateway.token(key: next)) == "200" }
            #expect(try await code(gateway, gateway.token()) == "200")
        }
    }

    @Test("takes no change from an older token while nobody can say what was revoked")
    func unheard() async throws {
        try await TestGateway.with { gateway in
            let old = gateway.token(age: .seconds(120))
            let post = ["-X", "POST", "-d", "{}"]
            // Auth answers, so a silent Redis alone stops nobody.
            #expect(try await gateway.get("/v1/articles", bearer(old) + post).status == 200)
            await gateway.stopAuth()
            try await eventually {
                try await gateway.get("/v1/articles", bearer(old) + post).json["code"] == "unavailable"
            }
            let refused = try await gateway.get("/v1/articles", bearer(old) + post)
            #expect(refused.status == 503 && refused["retry-after"] == "1")
            #expect(try await gateway.get("/v1/articles", bearer(old)).status == 200)
            #expect(try await gateway.get("/v1/articles", bearer(gateway.token()) + post).status == 200)
        }
    }
}
