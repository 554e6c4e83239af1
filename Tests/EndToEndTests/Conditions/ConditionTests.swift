import Foundation
import JSON
import TestKit
import Testing

@Suite("Conditions, HEAD and OPTIONS")
struct ConditionTests {
    private static let versions = ["--http2", "--http1.1"]

    /// Something to read at each address, and who reads it.
    private func targets(_ suite: SuiteUnderTest) async throws -> [(path: String, headers: [String])] {
        let person = try await suite.newPerson("reader")
        let path = try await article(suite, person)
        let me = try await suite.gateway.get("/v1/users/me", headers: [person.authorization])
        let handle = try #require(me["handle"]?.string, "\(me)")
        return [
            (path, []), (path + "/draft", [person.authorization]), ("/v1/users/me", [person.authorization]),
            ("/v1/users/@\(handle)", []),
        ]
    }

    /// A published article.
    private func article(_ suite: SuiteUnderTest, _ person: Person, tag: String = "conditions") async throws -> String {
        let made = try await suite.gateway.send(
            "POST", "/v1/articles", headers: [person.authorization],
            json: #"{"title":"Conditions \#(UUID().uuidString.prefix(8))","body":"Text.","tags":["\#(tag)"]}"#)
        let path = "/v1/articles/\(try #require(made["id"]?.string, "\(made)"))"
        #expect(try await suite.gateway.send("POST", path + "/publish", headers: [person.authorization]).status == 200)
        return path
    }

    /// The first of two pages that nobody else changes.
    private func list(_ suite: SuiteUnderTest) async throws -> String {
        let person = try await suite.newPerson("lister")
        let tag = "conditions-\(UUID().uuidString.prefix(8).lowercased())"
        for _ in 0..<2 { _ = try await article(suite, person, tag: tag) }
        return "/v1/articles?limit=1&tag=\(tag)"
    }

    private func isVolatile(_ header: String) -> Bool {
        ["x-request-id", "date", "age", "cache-status"].contains(header) || header.hasPrefix("ratelimit")
    }

    @Test("HEAD has the header fields of GET and no body", arguments: versions)
    func head(version: String) async throws {
        let suite = try await SuiteUnderTest.shared()
        let more: [(path: String, headers: [String])] = [
            (try await list(suite), []), ("/v1/articles?limit=0", []), ("/v1/articles/no-such-article", []),
            ("/v1/users/me", []), ("/openapi.json", []), ("/problems/not-found", []), ("/livez", []),
            ("/v1/nothing", []),
        ]
        for target in try await targets(suite) + more {
            let get = try await suite.gateway.get(target.path, headers: target.headers, options: [version])
            let head = try await suite.gateway.send("HEAD", target.path, headers: target.headers, options: [version])
            #expect(head.status == get.status && head.body.isEmpty, "\(target.path): \(head)")
            func fields(_ reply: HTTPReply) -> [String] {
                reply.headers.filter { !isVolatile($0.name) }.map { "\($0.name): \($0.value)" }.sorted()
            }
            if get.code == nil {
                #expect(fields(head) == fields(get), "\(target.path)")
                #expect(head.header("content-length") == String(get.body.count), "\(target.path)")
            } else {
                #expect(fields(head).map { $0.prefix(12) } == fields(get).map { $0.prefix(12) }, "\(target.path)")
            }
        }
    }

    /// What a client that has read a tag sends with it; `%` stands for the tag.
    private static let conditions: [(header: String, status: Int)] = [
        ("if-none-match: %", 304), ("if-none-match: W/%", 304), ("if-none-match: \"x\", %", 304),
        ("if-none-match: W/\"x\",%, \"y\"", 304), ("if-none-match: *", 304), ("if-none-match: \"x\"", 200),
        ("if-none-match: nonsense", 200), ("if-match: %", 200), ("if-match: *", 200), ("if-match: \"x\"", 412),
        ("if-match: W/%", 412), ("if-match: \"x\", %", 200), ("if-match: nonsense", 400),
        ("if-modified-since: Mon, 01 Jan 2035 00:00:00 GMT", 200),
        ("if-unmodified-since: Sat, 01 Jan 2000 00:00:00 GMT", 200),
    ]

    @Test("What was read before is told to be unchanged, for GET and HEAD", arguments: versions)
    func unchanged(version: String) async throws {
        let suite = try await SuiteUnderTest.shared()
        for target in try await targets(suite) {
            let whole = try await suite.gateway.get(target.path, headers: target.headers)
            let tag = try #require(whole.header("etag"), "\(target.path) has a tag: \(whole)")
            #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""), "it is a strong one")
            for (condition, status) in Self.conditions {
                for method in ["GET", "HEAD"] {
                    let header = condition.replacing("%", with: tag)
                    let reply = try await suite.gateway.send(
                        method, target.path, headers: target.headers + [header], options: [version])
                    #expect(reply.status == status, "\(method) \(target.path) \(header): \(reply)")
                    guard status == 304 else { continue }
                    #expect(reply.body.isEmpty && reply.header("content-type") == nil)
                    // What a cache keeps its copy by (RFC 9110, section 15.4.5).
                    for name in ["etag", "cache-control"] { #expect(reply.header(name) == whole.header(name)) }
                    expectSound(reply)
                }
            }
        }
    }

    @Test("A tag on two lines is one list")
    func lines() async throws {
        let suite = try await SuiteUnderTest.shared()
        let target = try #require(try await targets(suite).first)
        let tag = try #require(try await suite.gateway.get(target.path).header("etag"))
        for version in Self.versions {
            let headers = ["if-none-match: \"x\"", "if-none-match: \(tag)"]
            #expect(try await suite.gateway.get(target.path, headers: headers, options: [version]).status == 304)
        }
    }

    /// Whoever sends a condition believes to be guarded by it.
    @Test("A condition on a change of what has no version is never passed over")
    func unversioned() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson("unversioned")
        let table: [(condition: String, status: Int)] = [
            ("if-match: \"1\"", 412), ("if-match: *", 201), ("if-match: nonsense", 400), ("if-none-match: *", 412),
            ("if-none-match: \"1\"", 201),
        ]
        for (condition, status) in table {
            let reply = try await suite.gateway.send(
                "POST", "/v1/articles", headers: [person.authorization, condition],
                json: #"{"title":"Condition \#(UUID().uuidString.prefix(8))","body":""}"#)
            #expect(reply.status == status, "\(condition): \(reply)")
        }
        // Nothing can be read there, so that nothing matches.
        let logout = try await suite.gateway.send(
            "POST", "/v1/auth/logout", headers: [person.authorization, "if-match: *"])
        expectProblem(logout, 412, "precondition-failed")
        let patch = try await suite.gateway.send(
            "PATCH", "/v1/users/me",
            headers: [
                person.authorization, "if-match: *", "if-none-match: \"1\"",
                "content-type: application/merge-patch+json",
            ],
            json: "{}")
        expectProblem(patch, 400, "invalid-query")
    }

    @Test("OPTIONS of every path tells its methods and what they take", arguments: versions)
    func options(version: String) async throws {
        let suite = try await SuiteUnderTest.shared()
        let document = try #require(try await suite.gateway.get("/openapi.json").json)
        let paths = try #require(document.object?["paths"]?.object)
        #expect(paths.count > 15)
        for path in paths.members {
            let filled = path.name.replacing(#/\{[^}]*\}/#, with: "x")
            let methods = path.value.object?.members.map { $0.name.uppercased() } ?? []
            let reply = try await suite.gateway.send("OPTIONS", filled, options: [version])
            #expect(reply.status == 204 && reply.body.isEmpty, "\(path.name): \(reply)")
            expectSound(reply)
            let allowed = Set((reply.header("allow") ?? "").split(separator: ", ").map(String.init))
            #expect(allowed == Set(methods + ["OPTIONS"] + (methods.contains("GET") ? ["HEAD"] : [])), "\(path.name)")
            for (method, header) in [("patch", "accept-patch"), ("post", "accept-post")] {
                let content = path.value.object?[method]?.object?["requestBody"]?.object?["content"]?.object
                #expect(reply.header(header) == content?.members.map(\.name).joined(separator: ", "), "\(path.name)")
            }
            let wrong = try await suite.gateway.send(
                methods.contains("PUT") ? "POST" : "PUT", filled, json: "{}", options: [version])
            expectProblem(wrong, 405, "method-not-allowed", "\(path.name)")
            #expect(wrong.header("allow") == reply.header("allow"))
        }
        for path in ["/openapi.json", "/livez", "/problems/not-found"] {
            let reply = try await suite.gateway.send("OPTIONS", path, options: [version])
            #expect(reply.status == 204 && reply.header("allow") == "GET, HEAD, OPTIONS", "\(path): \(reply)")
        }
        expectProblem(try await suite.gateway.send("OPTIONS", "/v1/nothing", options: [version]), 404, "not-found")
    }
}
