import Foundation
import JSON
import TestKit
import Testing

@Suite("Headers and logs")
struct TraceTests {
    @Test("Every kind of answer has the security headers, each once")
    func everyAnswer() async throws {
        let suite = try await SuiteUnderTest.shared()
        let targets = [
            "/", "/livez", "/readyz", "/openapi.json", "/problems", "/problems/not-found", "/verify",
            "/.well-known/jwks.json", "/v1/articles?limit=1", "/v1/articles/none-such", "/v1/nothing", "/v1/auth/me",
            "/%00",
        ]
        for target in targets {
            for version in ["--http2", "--http1.1"] {
                let reply = try await suite.gateway.with(version).get(target)
                expectSound(reply, "\(target) \(reply)")
                #expect(reply.header("set-cookie") == nil && reply.header("via") == nil)
                let policy = try #require(reply.header("content-security-policy"))
                #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "\(target)")
                #expect(!policy.contains("unsafe"), "\(target): \(policy)")
            }
        }
    }

    @Test("Every problem has a page that says cause and fix")
    func problemPages() async throws {
        let suite = try await SuiteUnderTest.shared()
        for code in ["not-found", "validation", "rate-limited", "cursor-invalid", "refresh-reused", "fault"] {
            let reply = try await suite.gateway.get("/problems/\(code)")
            #expect(reply.status == 200 && reply.text.contains(code), "\(code)")
        }
        expectProblem(try await suite.gateway.get("/problems/none-such"), 404, "not-found")
    }

    @Test("The request's id is in the answer, in the gateway's log and in the log of the service that answered")
    func requestID() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson()
        let calls: [(target: String, part: SuiteUnderTest.Part)] = [
            ("/v1/auth/me", .auth), ("/v1/users/me", .user),
            // What the edge keeps reaches no service.
            ("/v1/articles/019a0000-0000-7000-8000-000000000000/draft", .content),
            ("/v1/users/019a0000-0000-7000-8000-000000000000", .user),
        ]
        for (target, part) in calls {
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            let reply = try await suite.gateway.get(
                target, headers: [person.authorization, "traceparent: 00-\(trace)-00f067aa0ba902b7-01"])
            let id = try #require(reply.header("x-request-id"))
            #expect(id.matches(uuidv7Pattern))
            var above = "00f067aa0ba902b7"
            for part in [.gateway, part] {
                var line: JSONObject?
                try await eventually {
                    line =
                        suite.log(part).lazy.filter { $0.contains(id) }
                        .compactMap { try? JSONValue.parse(Array($0.utf8)).object }.first
                    return line != nil
                }
                #expect(line?["status"]?.integer == Int64(reply.status), "\(part)")
                #expect(line?["trace"]?.string == trace, "\(part) \(String(describing: line))")
                // Each line hangs below the one that has caused it.
                #expect(line?["parent_span"]?.string == above, "\(part) \(String(describing: line))")
                above = try #require(line?["span"]?.string)
            }
        }
    }

    @Test(
        "Logs are JSON lines, and hold no token, password or address of a mail", arguments: SuiteUnderTest.Mode.allCases
    )
    func secrets(mode: SuiteUnderTest.Mode) async throws {
        let suite = try await SuiteUnderTest.shared(mode)
        let person = try await suite.newPerson("private")
        _ = try await suite.gateway.get("/v1/auth/me", headers: ["authorization: Bearer \(person.accessToken)x"])
        _ = try await suite.gateway.patient.send(
            "POST", "/v1/auth/login", json: #"{"email":"\#(person.email)","password":"a wrong \#(person.password)"}"#)
        let refreshed = try await suite.gateway.send(
            "POST", "/v1/auth/token/refresh", json: #"{"refreshToken":"\#(person.refreshToken)"}"#)
        let next = try #require(Person(email: person.email, tokens: refreshed))
        let key = try await apiKey(of: next, suite)
        _ = try await suite.gateway.get("/v1/auth/me", headers: ["x-api-key: \(key)"])
        _ = try await suite.gateway.get("/v1/auth/me", headers: ["cookie: __Host-at=\(next.accessToken)"])
        let last = try await suite.gateway.send("POST", "/v1/auth/logout", headers: [next.authorization])
        let id = try #require(last.header("x-request-id"))
        let link = try await suite.verificationToken(for: person.email)
        for part in mode.parts {
            if part == .gateway || part == .auth || part == .all {
                try await eventually { suite.log(part).contains { $0.contains(id) } }
            }
            let lines = suite.log(part)
            #expect(!lines.isEmpty)
            for line in lines {
                let object = try? JSONValue.parse(Array(line.utf8)).object
                #expect(object?["level"] != nil && object?["time"] != nil, "\(part): \(line)")
            }
            let all = lines.joined(separator: "\n") + suite.errors(part)
            let secrets = [
                person.email, person.password, person.accessToken, next.accessToken, link,
                String(person.accessToken.suffix(40)), String(person.refreshToken.suffix(40)),
                String(next.refreshToken.suffix(40)), String(key.suffix(40)),
            ]
            for secret in secrets { #expect(!all.contains(secret), "\(part) logs a secret") }
            #expect(suite.errors(part).isEmpty, "\(part): \(suite.errors(part))")
            for file in try FileManager.default.contentsOfDirectory(atPath: suite.keysFolder) {
                let key = try String(contentsOfFile: "\(suite.keysFolder)/\(file)", encoding: .utf8)
                let words = key.split(whereSeparator: \.isWhitespace).filter { $0.count > 30 && !$0.contains("CERTIF") }
                #expect(!words.contains { all.contains($0) }, "\(part) logs \(file)")
            }
        }
    }

    @Test("Nothing of a person's secrets is stored as it is")
    func storedSecrets() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson("stored")
        let token = try await suite.verificationToken(for: person.email)
        let key = try await apiKey(of: person, suite)
        let dump = try await ChildProcess.run([
            "pg_dump", "-h", suite.environment["CAUSEWAY_POSTGRES_HOST"] ?? "", "-p",
            suite.environment["CAUSEWAY_POSTGRES_PORT"] ?? "", "-U", "postgres", "--data-only", suite.database,
        ])
        #expect(dump.status == 0, "\(dump.errorText)")
        #expect(dump.text.contains(person.email))
        for secret in [
            person.password, person.accessToken, person.refreshToken, token, "$argon2id$", String(key.suffix(40)),
        ] {
            #expect(!dump.text.contains(secret), "\(secret.prefix(10)) is stored in clear")
        }
    }

    private func apiKey(of person: Person, _ suite: SuiteUnderTest) async throws -> String {
        let reply = try await suite.gateway.send(
            "POST", "/v1/auth/api-keys", headers: [person.authorization], json: #"{"name":"private","scopes":[]}"#)
        return try #require(reply["key"]?.string, "\(reply)")
    }

    @Test("Metrics are served by each process, and not by the gateway's public port")
    func metrics() async throws {
        let suite = try await SuiteUnderTest.shared()
        _ = try await suite.gateway.get("/v1/articles?limit=1")
        for part in [SuiteUnderTest.Part.gateway, .auth, .user, .content] {
            let reply = try await suite.ops(part).get("/metrics")
            #expect(reply.status == 200 && reply.text.contains("# TYPE"), "\(part)")
        }
        #expect(try await suite.ops(.content).get("/metrics").text.contains(#"operation="listArticles""#))
    }
}
