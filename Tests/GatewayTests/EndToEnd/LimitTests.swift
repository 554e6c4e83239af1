import Cryptography
import Foundation
import TestKit
import Testing

@testable import Gateway

/// Rate limits as clients see them.
@Suite("Limits at the edge", .serialized)
struct LimitTests {
    /// The statuses of `count` equal requests on one connection.
    private func statuses(
        _ gateway: TestGateway, _ count: Int, _ path: String = "/x", _ arguments: [String] = [],
        to origin: String? = nil
    ) async throws -> [Int: Int] {
        let curl = [
            "curl", "-sS", "--noproxy", "*", "--cacert", gateway.certificatePath, "-o", "/dev/null", "-w",
            "%{http_code}\\n",
        ]
        let outcome = try await ChildProcess.run(curl + arguments + ["\(origin ?? gateway.origin)\(path)#[1-\(count)]"])
        return Dictionary(grouping: outcome.text.split(separator: "\n").compactMap { Int($0) }) { $0 }
            .mapValues(\.count)
    }

    @Test("are told on every answer, and refuse with the time to wait")
    func writes() async throws {
        let redis = try TestRedisServer()
        try await TestGateway.with(redisPort: redis.port) { gateway in
            let bearer = ["-H", "Authorization: Bearer \(gateway.token())"]
            let first = try await gateway.get("/v1/articles", bearer + ["-d", "{}"])
            #expect(first.status == 200 && first["ratelimit-policy"] == "\"write\";q=60;w=60")
            #expect(first["ratelimit"] == "\"write\";r=19;t=1")
            let start = ContinuousClock.now
            let rest = try await statuses(gateway, 60, "/v1/articles", bearer + ["-d", "{}"])
            // The burst, and one a second that came back meanwhile.
            let allowed = rest[200, default: 0]
            let back = Int((ContinuousClock.now - start) / .seconds(1)) + 1
            #expect((19...19 + back).contains(allowed) && rest[429, default: 0] == 60 - allowed, "\(rest)")
            var refused = first
            try await eventually {
                refused = try await gateway.get("/v1/articles", bearer + ["-d", "{}"])
                return refused.status != 200
            }
            #expect(refused.status == 429 && refused.json["code"] == "rate-limited", "\(refused)")
            #expect(refused["retry-after"] == "1")
            #expect(refused["ratelimit"]?.hasPrefix("\"write\";r=0;t=") == true)
            // Another principal, and another class, are not concerned.
            let other = ["-H", "Authorization: Bearer \(gateway.token())", "-d", "{}"]
            #expect(try await gateway.get("/v1/articles", other).status == 200)
            let read = try await gateway.get("/v1/articles", bearer)
            #expect(read.status == 200 && read["ratelimit-policy"] == "\"read\";q=600;w=60")
            // What has no class of its own tells of the address.
            for path in ["/livez", "/nothing", "/v1/users/me"] {
                let other = try await gateway.get(path)
                #expect(other["ratelimit-policy"] == "\"connection\";q=1200;w=60", "\(path): \(other)")
                #expect(other["ratelimit"]?.hasPrefix("\"connection\";r=1") == true, "\(path): \(other)")
            }
        }
    }

    @Test("count an address on the plain port too")
    func plain() async throws {
        try await TestGateway.with { gateway in
            let plain = "http://127.0.0.1:\(gateway.ports.http)"
            // Twelve hundred a minute, and what comes back while they are sent.
            try await eventually { try await statuses(gateway, 300, to: plain)[429] != nil }
            // It is the same address on the other port.
            try await eventually { try await statuses(gateway, 50, "/livez")[429] != nil }
            let metrics = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
            #expect(metrics.contains("limits_reached_total{limit=\"connection\"}"))
        }
    }

    @Test("count sign-ins by address")
    func login() async throws {
        let redis = try TestRedisServer()
        try await TestGateway.with(redisPort: redis.port) { gateway in
            let start = ContinuousClock.now
            let seen = try await statuses(gateway, 60, "/v1/auth/login", ["-d", "{}"])
            let back = Int((ContinuousClock.now - start) / .seconds(2)) + 1
            #expect((30...30 + back).contains(seen[200, default: 0]), "\(seen)")
            #expect(seen[200, default: 0] + seen[429, default: 0] == 60, "\(seen)")
            // A token of one's own buys no more of them.
            let bearer = ["-H", "Authorization: Bearer \(gateway.token())", "-d", "{}"]
            let more = try await statuses(gateway, 20, "/v1/auth/login", bearer)
            #expect(more[429, default: 0] > 0, "\(more)")
        }
    }

    @Test("stop an address that guesses tokens, and not the callers beside it")
    func guesses() async throws {
        let redis = try TestRedisServer()
        try await TestGateway.with(redisPort: redis.port) { gateway in
            let known = ["-H", "Authorization: Bearer \(gateway.token())"]
            #expect(try await gateway.get("/v1/users/me", known).status == 200)
            let guess = ["-H", "Authorization: Bearer \(gateway.token(key: .generate()))"]
            let start = ContinuousClock.now
            let seen = try await statuses(gateway, 200, "/v1/users/me", guess)
            let back = Int((ContinuousClock.now - start) / .milliseconds(600)) + 1
            #expect((100...100 + back).contains(seen[401, default: 0]), "\(seen)")
            #expect(seen[401, default: 0] + seen[429, default: 0] == 200, "\(seen)")
            // A token that was seen to be good still is.
            #expect(try await gateway.get("/v1/users/me", known).status == 200)
        }
    }

    @Test("hold without Redis, by a share, without a stall or a fault")
    func withoutRedis() async throws {
        let redis = try TestRedisServer()
        try await TestGateway.with(redisPort: redis.port, redisTimeout: .milliseconds(50)) { gateway in
            let bearer = ["-H", "Authorization: Bearer \(gateway.token())"]
            #expect(try await gateway.get("/v1/articles", bearer + ["-d", "{}"]).status == 200)
            redis.freeze()
            let start = ContinuousClock.now
            let frozen = try await statuses(gateway, 40, "/v1/articles", bearer + ["-d", "{}"])
            // Half the burst, less what a busy machine made of it before, and what comes back at half the pace.
            let back = Int((ContinuousClock.now - start) / .seconds(2)) + 1
            #expect((8...10 + back).contains(frozen[200, default: 0]), "\(frozen)")
            #expect(frozen[200, default: 0] + frozen[429, default: 0] == 40, "\(frozen)")
            #expect(back < 10, "forty answers took \(back * 2) seconds")
            redis.thaw()
            redis.stop()
            #expect(try await gateway.get("/v1/articles", bearer)["ratelimit"]?.hasPrefix("\"read\";r=") == true)
            try redis.start()
            let fresh = ["-H", "Authorization: Bearer \(gateway.token())", "-d", "{}"]
            try await eventually {
                try await gateway.get("/v1/articles", fresh)["ratelimit"]?.hasPrefix("\"write\";r=1") == true
            }
        }
    }

    @Test("weigh a call by what it costs, and are multiplied for a role")
    func costsAndTiers() async throws {
        let redis = try TestRedisServer()
        let change: (inout GatewayConfiguration) -> Void = {
            $0.rateTiers = ["author=2", "admin=3"].compactMap { RateTier(settingText: $0) }
        }
        try await TestGateway.with(redisPort: redis.port, change: change) { gateway in
            for (roles, factor) in [(["reader"], 1), (["author"], 2), (["author", "admin"], 3)] {
                let bearer = ["-H", "Authorization: Bearer \(gateway.token(roles: roles))"]
                let reply = try await gateway.get("/v1/test/costly", bearer)
                #expect(reply["ratelimit-policy"] == "\"read\";q=\(600 * factor);w=60", "\(roles): \(reply)")
                #expect(reply["ratelimit"]?.hasPrefix("\"read\";r=\(120 * factor - 50);t=") == true, "\(reply)")
                // What is counted by address is not bought by a role.
                let login = try await gateway.get("/v1/auth/login", bearer + ["-d", "{}"])
                #expect(login["ratelimit-policy"] == "\"login\";q=30;w=60", "\(login)")
            }
        }
    }

    @Test("are multiplied by configuration")
    func multiplied() async throws {
        let redis = try TestRedisServer()
        try await TestGateway.with(redisPort: redis.port, change: { $0.limitMultiplier = 10 }) { gateway in
            let bearer = ["-H", "Authorization: Bearer \(gateway.token())"]
            let seen = try await statuses(gateway, 100, "/v1/articles", bearer + ["-d", "{}"])
            #expect(seen == [200: 100])
        }
    }

    @Test("are those that are set")
    func configured() async throws {
        let redis = try TestRedisServer()
        let change: (inout GatewayConfiguration) -> Void = { $0.rateQuotas.write = RateQuota(9, per: .hour, burst: 3) }
        try await TestGateway.with(redisPort: redis.port, change: change) { gateway in
            let bearer = ["-H", "Authorization: Bearer \(gateway.token())"]
            let first = try await gateway.get("/v1/articles", bearer + ["-d", "{}"])
            #expect(first.status == 200 && first["ratelimit-policy"] == "\"write\";q=9;w=3600", "\(first)")
            #expect(try await statuses(gateway, 4, "/v1/articles", bearer + ["-d", "{}"]) == [200: 2, 429: 2])
            #expect(try await gateway.get("/v1/users/me", bearer).status == 200)
        }
    }
}
