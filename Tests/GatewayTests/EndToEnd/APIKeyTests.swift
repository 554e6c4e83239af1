import Contract
import HTTP
import Primitives
import Protocol
import ServiceKit
import TestKit
import Testing

@testable import Gateway

@Suite("API keys at the edge")
struct APIKeyTests {
    private static func header(_ key: APIKey) -> [String] { ["-H", "X-API-Key: \(key.text.exposedValue)"] }

    private static func grant(
        _ scopes: [String] = ["articles:write"], roles: [String] = ["author"], ranges: [String] = [],
        grant: SessionID = .make(), lives: Duration = .seconds(3600)
    ) -> APIKeyGrant {
        APIKeyGrant(
            key: .make(), grant: grant, account: .make(), roles: roles, scopes: scopes, allowedCidrs: ranges, epoch: 1,
            createdAt: .now, expiresAt: .now + lives)
    }

    @Test("do what owner and scopes allow together, and what is open to keys")
    func scopes() async throws {
        let log = CollectedLog()
        try await TestGateway.with(log: log) { gateway in
            let key = APIKey.make(environment: "test")
            let grant = Self.grant(["articles:write", "accounts:admin"])
            gateway.service.grant(grant, to: key)
            for _ in 1...3 {
                let reply = try await gateway.get("/v1/articles", Self.header(key) + ["-d", "{}"])
                #expect(reply.status == 200, "\(reply)")
            }
            #expect(gateway.service.keyLookups == 1)
            try await eventually { log.lines.count { $0.contains("\"caller\":\"api-key\"") } == 3 }
            let context = try #require(try gateway.lastContext()?.account)
            #expect(context.id == grant.account && context.session == grant.grant && context.methods == ["api-key"])
            #expect(context.permissions == ["articles:write"])
            #expect(!gateway.service.calls.contains { $0.fields.contains("x-api-key") })
            #expect(try await gateway.get("/v1/users/me", Self.header(key)).status == 200)
            let calls = gateway.service.calls.count
            let publish = "/v1/articles/\(AccountID.make())/publish"
            for (method, path) in [
                ("POST", publish), ("GET", "/v1/auth/sessions"), ("POST", "/v1/auth/api-keys"),
                ("POST", "/v1/auth/logout-all"), ("GET", "/v1/admin/accounts/\(AccountID.make())"),
            ] {
                let reply = try await gateway.get(path, Self.header(key) + ["-X", method])
                #expect(reply.status == 403 && reply.json["code"] == "forbidden", "\(method) \(path): \(reply)")
            }
            #expect(gateway.service.calls.count == calls)
        }
    }

    @Test("that are wrong cost nothing, and those that auth does not know a question now and then")
    func unknown() async throws {
        try await TestGateway.with { gateway in
            let key = APIKey.make(environment: "test").text.exposedValue
            let last = key.hasSuffix("0") ? "1" : "0"
            let wrong = [
                "k", "cwk_test_", String(key.dropLast()), String(key.dropLast()) + last, "cwk_T_" + key.dropFirst(9),
                key.lowercased() + "x", "cwk_test_" + String(repeating: "é", count: 57),
            ]
            for text in wrong {
                let reply = try await gateway.get("/v1/articles", ["-H", "X-API-Key: \(text)"])
                #expect(reply.status == 401 && reply.json["code"] == "api-key-invalid", "\(text): \(reply)")
            }
            #expect(gateway.service.keyLookups == 0)
            for _ in 1...3 {
                let reply = try await gateway.get("/v1/articles", ["-H", "X-API-Key: \(key)"])
                #expect(reply.json["code"] == "api-key-invalid")
            }
            #expect(gateway.service.keyLookups == 1)
            await gateway.stopAuth()
            let strange = APIKey.make(environment: "test")
            #expect(try await gateway.get("/v1/articles", Self.header(strange)).status == 503)
        }
    }

    @Test("are used from where they may be")
    func ranges() async throws {
        try await TestGateway.with { gateway in
            for (ranges, status) in [
                (["10.0.0.0/8", "127.0.0.0/8"], 200), (["127.0.0.1"], 200), (["10.0.0.0/8", "::/0"], 403),
            ] {
                let key = APIKey.make(environment: "test")
                gateway.service.grant(Self.grant(ranges: ranges), to: key)
                let reply = try await gateway.get("/v1/articles", Self.header(key))
                #expect(reply.status == status, "\(ranges)")
            }
        }
    }

    @Test("end when their grant is revoked, and a new grant counts at once")
    func revoked() async throws {
        let redis = try TestRedisServer()
        try await TestGateway.with(redisPort: redis.port) { gateway in
            func revoke(_ grant: SessionID) async throws {
                let command = [
                    "redis-cli", "-p", "\(redis.port)", "xadd", "causeway:revocations", "*", "sid", "\(grant)", "at",
                    "\(Timestamp.now.microseconds)",
                ]
                #expect(try await ChildProcess.run(command).status == 0)
            }
            let key = APIKey.make(environment: "test")
            let (first, second) = (Self.grant(), Self.grant([]))
            gateway.service.grant(first, to: key)
            let post = Self.header(key) + ["-d", "{}"]
            #expect(try await gateway.get("/v1/articles", post).status == 200)
            gateway.service.grant(second, to: key)
            try await revoke(first.grant)
            try await eventually { try await gateway.get("/v1/articles", post).json["code"] == "forbidden" }
            #expect(try await gateway.get("/v1/articles", Self.header(key)).status == 200)
            #expect(try gateway.lastContext()?.account?.session == second.grant)
            gateway.service.grant(nil, to: key)
            try await revoke(second.grant)
            try await eventually { try await gateway.get("/v1/articles", post).json["code"] == "api-key-invalid" }
        }
    }
}
