import Contract
import Foundation
import HTTP
import JSON
import Protocol
import TestKit
import Testing

/// What operators see: metrics of a real scrape, and the log line of a request.
@Suite("Operators' sight", .serialized)
struct MetricsTests {
    private static let parts: [SuiteUnderTest.Part] = [.gateway, .auth, .user, .content]

    @Test("Names, types and label keys are those of the golden file, and every label's value is of a closed set")
    func golden() async throws {
        let suite = try await SuiteUnderTest.shared()
        try await walk(suite)
        var families: Set<String> = []
        for part in Self.parts {
            let scrape = try Scrape(try await suite.ops(part).get("/metrics").text)
            families.formUnion(scrape.families)
            for (key, values) in scrape.values {
                let strange = values.subtracting(try Self.allowed(key))
                #expect(strange.isEmpty, "\(part): \(key) has \(strange)")
            }
        }
        let difference = try GoldenFile("metrics.txt").difference(
            from: families.sorted().joined(separator: "\n") + "\n")
        #expect(difference == nil, "\(difference ?? "")")
    }

    @Test("What strangers send makes no series")
    func bounded() async throws {
        let suite = try await SuiteUnderTest.shared()
        try await walk(suite)
        let before = try await series(suite)
        for number in 0..<30 {
            let word = UUID().uuidString
            _ = try await suite.gateway.get("/v1/articles/\(word)?limit=\(number)", headers: ["user-agent: \(word)"])
            _ = try? await suite.gateway.send("X\(number)", "/\(word)", headers: ["x-\(word): 1"])
            _ = try await suite.gateway.get("/v1/auth/me", headers: ["authorization: Bearer \(word)"])
        }
        // What is made when something befalls a test beside this one: of a closed set, as `golden` proves.
        let known = Self.reasons.map { "limit=\"\($0)\"" }
        let new = try await series(suite).subtracting(before).filter { series in
            !series.hasPrefix("transport_events_total")
                && !(series.hasPrefix("limits_reached_total") && known.contains { series.contains($0) })
        }
        #expect(new.isEmpty, "\(new)")
    }

    @Test("A service's line tells where the time went, and what the request asked of the database")
    func logLine() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson()
        let reply = try await suite.gateway.get("/v1/auth/me", headers: [person.authorization])
        let id = try #require(reply.header("x-request-id"))
        var line: JSONObject?
        try await eventually {
            line =
                suite.log(.auth).lazy.filter { $0.contains(id) && $0.contains(#""message":"request""#) }
                .compactMap { try? JSONValue.parse(Array($0.utf8)).object }.first
            return line != nil
        }
        #expect(line?["operation"]?.string == "readMe")
        #expect(line?["statements"]?.integer == 1)
        let total = try #require(line?["duration_us"]?.integer)
        let database = try #require(line?["database_us"]?.integer)
        #expect((1...total).contains(database))
        #expect(line?["connection_wait_us"]?.integer != nil)
        let phases = try #require(line?["phases_us"]?.object)
        #expect(phases.members.map(\.name) == ["queue", "prove", "decode", "handle", "reply"])
        let sum = phases.members.compactMap(\.value.integer).reduce(0, +)
        #expect((database...total + 10).contains(sum), "\(sum) of \(total)")
        let metrics = try await suite.ops(.auth).get("/metrics").text
        #expect(metrics.contains(#"http_request_statements_total{operation="readMe",part="auth"}"#))
    }

    @Test("A limit that auth counts by itself is counted where it acts")
    func limitOfAuth() async throws {
        let suite = try await SuiteUnderTest.shared()
        func reached() async throws -> Double {
            let series = #"limits_reached_total{limit="mails-per-address"} "#
            let lines = try await suite.ops(.auth).get("/metrics").text.split(separator: "\n")
            let line = lines.first { $0.hasPrefix(series) }
            return line.flatMap { Double($0.dropFirst(series.count)) } ?? 0
        }
        let before = try await reached()
        for _ in 0..<20 {
            let reply = try await suite.gateway.send(
                "POST", "/v1/auth/email/resend", json: #"{"email":"limit-\#(suite.ports.https)@example.com"}"#)
            #expect(reply.status == 202, "\(reply)")
        }
        // More than all other tests together would have asked for by chance meanwhile.
        #expect(try await reached() >= before + 15)
    }

    /// A little of everything.
    private func walk(_ suite: SuiteUnderTest) async throws {
        let person = try await suite.newPerson("metrics")
        let headers = [person.authorization]
        for target in ["/v1/articles?limit=1", "/v1/auth/me", "/v1/users/me", "/nothing", "/openapi.json"] {
            _ = try await suite.gateway.get(target, headers: headers)
        }
        let large = [UInt8](repeating: 0x20, count: 2 << 20)
        _ = try await suite.gateway.send("POST", "/v1/articles", headers: headers, body: large)
        _ = try await suite.gateway.send("POST", "/v1/auth/logout", headers: headers)
    }

    private func series(_ suite: SuiteUnderTest) async throws -> Set<String> {
        var all: Set<String> = []
        for part in Self.parts { all.formUnion(try Scrape(try await suite.ops(part).get("/metrics").text).series) }
        return all
    }

    private static func allowed(_ key: String) throws -> Set<String> {
        switch key {
        case "operation":
            return Set(Suite.descriptions.map(\.operationID)).union([
                "none", "other", "livez", "readyz", "index", "openapi", "problems", "verify", "security-txt",
                "preflight", "redirect",
            ])
        case "part":
            return [
                "gateway", "auth", "user", "content", "https", "http", "ops", "service", "upstream-auth",
                "upstream-user", "upstream-content", "client-auth", "client-user",
            ]
        case "status_class": return ["1xx", "2xx", "3xx", "4xx", "5xx"]
        case "schema": return ["auth", "users", "content"]
        case "state": return ["pending", "running", "dead"]
        case "cache": return ["token", "api-key", "caller-context"]
        case "outcome":
            return [
                "hit", "miss", "stale", "stale-on-error", "collapsed", "filled", "revalidated", "passed", "bypassed",
                "failed",
            ]
        case "event":
            return [
                "accepted", "closed", "refused", "limited", "tls-failed", "upstream-connected",
                "upstream-connect-failed", "connected", "connect-failed", "lost", "upstream-waited",
                "upstream-reachable", "upstream-unreachable", "upstream-ejected", "upstream-returned", "upstream-ready",
                "upstream-not-ready", "upstream-retried",
            ]
        case "topic": return Set(Suite.topics.map(\.name))
        case "consumer": return ["user", "content"]
        case "le":
            return [
                "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5",
                "10", "+Inf",
            ]
        // Names that the program's text holds: words, no values.
        default: return reasons
        }
    }

    private static let reasons: Set<String> = Set(
        HTTP1Policy.Refusal.allCases.map(\.label)
            + HTTP2Policy.Refusal.allCases.map { "http2-" + $0.rawValue }
            + FrameBudgetMachine.Reason.allCases.map(\.rawValue) + HTTP2Malformation.allCases.map(\.label)
            + [
                "", "body-bytes", "body-read", "connection", "connections", "connections-per-address", "plain-http",
                "age", "age-grace", "idle", "header-read", "send-stall", "tls-handshake", "not-http2",
                "http1-malformed",
                "http1-header-read", "http1-header-too-large", "violation", "truncated", "untrustedPeer",
                "noCommonProtocol", "instance", "stream", "refused", "go-away", "connection-lost", "reset",
                "malformed", "in-flight", "event", "write", "lost", "evicted", "purged", "replaced", "cache-waiters",
                "cache-refreshes", "upstream-waiters", "upstream-retry-budget",
                "upstream-connect", "upstream-requests", "body-deadline", "revocations",
                "http1-pipelined", "http1-chunk-overhead", "http1-trailers-too-large", "http1-body-malformed",
                "http2-streams-per-read", "http2-send-buffer",
                "requests-per-address", "login-attempts", "login-failures-in-a-row", "refreshes-per-session",
                "mails-per-address", "notices-per-address", "new-api-keys", "api-keys-per-account",
                "upstream-addresses", "key-waiters", "proxy-hops", "cookie-bytes",
                "cache-answer-bytes",
                "shed-sheddable", "shed-normal", "shed-critical", "http2-protocol-error", "http2-flow-control-error",
                "http2-frame-size-error", "http2-compression-error", "http2-stream-closed",
                "http2-enhance-your-calm", "http2-other-error",
            ])
}

/// The families, series and label values of one scrape.
private struct Scrape {
    private(set) var families: Set<String> = []
    private(set) var series: Set<String> = []
    private(set) var values: [String: Set<String>] = [:]

    init(_ text: String) throws {
        var types: [String: String] = [:]
        var keys: [String: Set<String>] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE ") { types[String(words[2])] = String(words[3]) }
            guard !line.hasPrefix("#"), let match = line.firstMatch(of: /^([a-z_]+)(?:\{(.*)\})? \S+$/) else {
                continue
            }
            series.insert(String(line.prefix(upTo: line.lastIndex(of: " ") ?? line.endIndex)))
            let name = String(match.1)
            let family = types[name] != nil ? name : name.replacing(/_(bucket|sum|count)$/, with: "")
            keys[family, default: []].formUnion([])
            for pair in (match.2 ?? "").matches(of: /([a-z_]+)="((?:[^"\\]|\\.)*)"/) {
                if pair.1 != "le" { keys[family, default: []].insert(String(pair.1)) }
                values[String(pair.1), default: []].insert(String(pair.2))
            }
        }
        for (name, type) in types {
            families.insert("\(name) \(type) {\((keys[name] ?? []).sorted().joined(separator: ","))}")
        }
    }
}
