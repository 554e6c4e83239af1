import Foundation
import JSON
import TestKit
import Testing

/// A browser, as far as curl is one: a jar of cookies, and a page that knows the token of its session.
private struct Browser: Sendable {
    let suite: SuiteUnderTest
    private let folder: TestFolder

    init(_ suite: SuiteUnderTest) throws {
        self.suite = suite
        folder = try TestFolder()
    }

    private var jar: String { "\(folder.path)/cookies" }

    func send(
        _ method: String, _ path: String, token: String? = nil, json: String? = nil, page: String? = "same-origin"
    ) async throws -> HTTPReply {
        var headers = ["x-token-transport: cookie"]
        if let page { headers.append("sec-fetch-site: \(page)") }
        if let token { headers.append("x-csrf-token: \(token)") }
        return try await suite.gateway.patient.with("--interface", SuiteUnderTest.newAddress()).send(
            method, path, headers: headers, body: json.map { Array($0.utf8) },
            options: ["--cookie", jar, "--cookie-jar", jar])
    }

    func signIn(_ person: Person) async throws -> HTTPReply {
        try await send(
            "POST", "/v1/auth/login", json: #"{"email":"\#(person.email)","password":"\#(person.password)"}"#)
    }

    /// Makes the browser forget one of its cookies, as it does by itself when its time is over.
    func forget(_ cookie: String) throws {
        let lines = try String(contentsOfFile: jar, encoding: .utf8).split(separator: "\n")
        try lines.filter { !$0.contains(cookie) }.joined(separator: "\n").write(
            toFile: jar, atomically: true, encoding: .utf8)
    }
}

@Suite("Browsers and programs")
struct BrowserTests {
    @Test("A page signs in, writes, refreshes and signs out by cookies it never sees")
    func cookies() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson()
        let browser = try Browser(suite)
        let login = try await browser.signIn(person)
        let token = try #require(login["csrfToken"]?.string, "\(login)")
        #expect(login["accessToken"] == nil && login["refreshToken"] == nil && login.values("set-cookie").count == 2)
        #expect(login.header("cache-control") == "no-store")
        #expect(try await browser.send("GET", "/v1/auth/me")["email"]?.string == person.email)
        let path = "/v1/auth/logout-all"
        let body = #"{"keepCurrent":true}"#
        expectProblem(try await browser.send("POST", path, json: body), 403, "csrf-failed")
        expectProblem(
            try await browser.send("POST", path, token: token, json: body, page: "cross-site"), 403, "csrf-failed")
        #expect(try await browser.send("POST", path, token: token, json: body).status == 204)
        // Fifteen minutes later, in a page that was loaded anew.
        try browser.forget("__Host-at")
        expectProblem(try await browser.send("GET", "/v1/auth/me"), 401, "unauthenticated")
        expectProblem(try await browser.send("POST", "/v1/auth/token/refresh", page: nil), 403, "csrf-failed")
        let refresh = try await browser.send("POST", "/v1/auth/token/refresh")
        #expect(refresh.status == 200 && refresh["csrfToken"]?.string == token, "\(refresh)")
        #expect(try await browser.send("GET", "/v1/auth/me").status == 200)
        try browser.forget("__Host-at")
        #expect(try await browser.send("POST", "/v1/auth/logout").status == 204)
        expectProblem(try await browser.send("GET", "/v1/auth/me"), 401, "unauthenticated")
        let over = try await browser.send("POST", "/v1/auth/token/refresh")
        #expect(over.status == 422, "the cookie is gone: \(over)")
    }

    @Test("A program calls by a key, which ends within a second of being deleted, rotated or narrowed")
    func keys() async throws {
        let suite = try await SuiteUnderTest.shared()
        let owner = try await suite.newPerson()
        let keys = "/v1/auth/api-keys"
        func send(
            _ method: String, _ path: String, _ json: String? = nil, _ more: [String] = []
        ) async throws
            -> HTTPReply
        {
            try await suite.gateway.send(
                method, path, headers: [owner.authorization] + more, body: json.map { Array($0.utf8) })
        }
        func use(_ key: String?) async throws -> HTTPReply {
            try await suite.gateway.get("/v1/auth/me", headers: ["x-api-key: \(key ?? "")"])
        }
        /// No call that begins a second from now or later succeeds; a machine that is busy with other tests gets five.
        func expectRefused(_ key: String?, _ status: Int, _ code: String) async throws {
            let end = ContinuousClock.now + .seconds(5)
            var (reply, startedAt) = (try await use(key), ContinuousClock.now)
            while reply.status == 200, startedAt < end {
                startedAt = .now
                reply = try await use(key)
            }
            expectProblem(reply, status, code)
        }
        let made = try await send("POST", keys, #"{"name":"robot","scopes":["comments:write"]}"#)
        #expect(made.status == 201 && made.header("cache-control") == "no-store", "\(made)")
        let (id, key) = (made["id"]?.string ?? "", made["key"]?.string)
        #expect(made.header("location") == "\(keys)/\(id)")
        let whenUnused = ["if-none-match: \(made.header("etag") ?? "")"]
        #expect(try await send("GET", "\(keys)/\(id)", nil, whenUnused).status == 304)
        let me = try await use(key)
        #expect(me["email"]?.string == owner.email && me["permissions"]?.array == [.string("comments:write")])
        let used = try await send("GET", "\(keys)/\(id)", nil, whenUnused)
        #expect(used.status == 200 && used["lastUsedAt"]?.string != nil, "\(used)")
        let bred = try await suite.gateway.send("POST", keys, headers: ["x-api-key: \(key ?? "")"], json: "{}")
        expectProblem(bred, 403, "forbidden")
        expectProblem(
            try await send("POST", keys, #"{"name":"robot","scopes":["accounts:admin"]}"#), 403, "scope-exceeds-owner")
        let rotated = try await send("POST", "\(keys)/\(id)/rotate")
        #expect(rotated.status == 200, "\(rotated)")
        try await expectRefused(key, 401, "api-key-invalid")
        let next = rotated["key"]?.string
        #expect(try await use(next).status == 200)
        let narrowed = try await send(
            "PATCH", "\(keys)/\(id)", #"{"allowedCidrs":["192.0.2.0/24"]}"#,
            ["if-match: *", "content-type: application/merge-patch+json"])
        #expect(narrowed.status == 200, "\(narrowed)")
        try await expectRefused(next, 403, "forbidden")
        expectProblem(try await send("DELETE", "\(keys)/\(id)"), 428, "precondition-required")
        #expect(try await send("DELETE", "\(keys)/\(id)", nil, ["if-match: *"]).status == 204)
        try await expectRefused(next, 401, "api-key-invalid")
        // Signing out everywhere ends sessions, not keys; closing the account ends both.
        let last = try await send("POST", keys, #"{"name":"last","scopes":[]}"#)["key"]?.string
        #expect(try await use(last).status == 200)
        #expect(try await send("POST", "/v1/auth/logout-all").status == 204)
        try await eventually { try await send("GET", "/v1/auth/me").status == 401 }
        #expect(try await use(last).status == 200)
    }
}
