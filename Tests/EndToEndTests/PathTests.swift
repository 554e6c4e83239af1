import Foundation
import JSON
import TestKit
import Testing

/// The way of one person through the suite (README, "The path"), with four processes and with one.
@Suite("The whole path")
struct PathTests {
    @Test("register to log out", arguments: SuiteUnderTest.Mode.allCases)
    func path(mode: SuiteUnderTest.Mode) async throws {
        let walk = Walk(suite: try await .shared(mode), email: SuiteUnderTest.newEmail("walker"))
        try await walk.register()
        try await walk.verify()
        let person = try await walk.logIn()
        try await walk.readMe(person)
        try await walk.changeProfile(person)
        let article = try await walk.write(person)
        try await walk.publish(article, person)
        try await walk.readAsAnyone(article)
        try await walk.takeBack(article, person)
        try await walk.logOut(person)
    }
}

/// One walk; each step checks status, headers and body.
private struct Walk {
    let suite: SuiteUnderTest
    let email: String
    let displayName = "Wanda Walker"
    var gateway: Curl { suite.gateway }

    func register() async throws {
        let body = #"{"email":"\#(email)","password":"\#(SuiteUnderTest.password)","displayName":"\#(displayName)"}"#
        let reply = try await gateway.patient.send("POST", "/v1/auth/register", json: body)
        #expect(reply.status == 202, "\(reply)")
        #expect(reply.text == #"{"status":"accepted"}"#)
        #expect(reply.header("ratelimit-policy")?.hasPrefix(#""mail";q="#) == true, "\(reply)")
        #expect(reply.header("ratelimit")?.hasPrefix(#""mail";r="#) == true, "\(reply)")
        expectSound(reply)
        // Once more: the same, whether or not the address is known.
        let again = try await gateway.patient.send("POST", "/v1/auth/register", json: body)
        #expect(again.status == 202)
        #expect(again.text == reply.text)
        #expect(Set(again.headers.map(\.name)) == Set(reply.headers.map(\.name)))
    }

    func verify() async throws {
        let early = try await gateway.patient.send("POST", "/v1/auth/login", json: credentials())
        expectProblem(early, 403, "email-unverified")
        let token = try await suite.verificationToken(for: email)
        let mail = try #require(try await suite.mails(to: email).first?.object)
        let link = "https://localhost:\(suite.ports.https)/verify#token=\(token)"
        #expect(mail["links"]?.array?.contains(.string(link)) == true, "\(mail)")
        let page = try await gateway.get("/verify")
        #expect(page.status == 200)
        #expect(page.header("content-type")?.hasPrefix("text/html") == true)
        #expect(page.header("content-security-policy")?.contains("'sha256-") == true)
        let body = #"{"token":"\#(token)"}"#
        let reply = try await gateway.send("POST", "/v1/auth/email/verify", json: body)
        #expect(reply.status == 204, "\(reply)")
        #expect(reply.body.isEmpty)
        expectProblem(try await gateway.send("POST", "/v1/auth/email/verify", json: body), 400, "token-invalid")
    }

    private func credentials(_ password: String = SuiteUnderTest.password) -> String {
        #"{"email":"\#(email)","password":"\#(password)","deviceLabel":"a test"}"#
    }

    func logIn() async throws -> Person {
        let wrong = try await gateway.patient.send(
            "POST", "/v1/auth/login", json: credentials("wrong password entirely"))
        expectProblem(wrong, 401, "invalid-credentials")
        let reply = try await gateway.patient.send("POST", "/v1/auth/login", json: credentials())
        #expect(reply.status == 200, "\(reply)")
        #expect(reply.header("cache-control") == "no-store")
        #expect(reply["tokenType"]?.string == "Bearer")
        #expect(reply["expiresIn"]?.integer == 900)
        #expect(reply["refreshExpiresIn"]?.integer == 604_800)
        #expect(reply["refreshToken"]?.string?.hasPrefix("v1.") == true)
        #expect(reply["scope"]?.string?.split(separator: " ").contains("articles:publish") == true, "\(reply)")
        #expect(reply["sessionId"]?.string?.matches(uuidv7Pattern) == true)
        return try #require(Person(email: email, tokens: reply))
    }

    func readMe(_ person: Person) async throws {
        let me = try await gateway.get("/v1/auth/me", headers: [person.authorization])
        #expect(me.status == 200, "\(me)")
        #expect(me["email"]?.string == email)
        #expect(me["emailVerified"]?.bool == true)
        #expect(me["roles"]?.array == [.string("author")])
        #expect(me["mfa"]?.bool == false)
        #expect(me["id"]?.string?.matches(uuidv7Pattern) == true)
        #expect(me.header("cache-control") == "no-store")
        let sessions = try await gateway.get("/v1/auth/sessions", headers: [person.authorization])
        #expect(sessions["items"]?.array?.first?.object?["id"]?.string == person.sessionID, "\(sessions)")
        #expect(sessions["items"]?.array?.first?.object?["deviceLabel"]?.string == "a test")
        expectProblem(try await gateway.get("/v1/auth/me"), 401, "unauthenticated")
    }

    func changeProfile(_ person: Person) async throws {
        let profile = try await gateway.get("/v1/users/me", headers: [person.authorization])
        #expect(profile.status == 200, "\(profile)")
        #expect(profile["displayName"]?.string == displayName)
        #expect(profile["handle"]?.string?.hasPrefix("wanda-walker") == true, "\(profile)")
        #expect(profile["createdAt"]?.string?.matches(timePattern) == true)
        let tag = try #require(profile.header("etag"))
        #expect(profile["etag"]?.string == tag, "\(profile)")
        func patch(_ body: String, _ condition: [String]) async throws -> HTTPReply {
            try await gateway.send(
                "PATCH", "/v1/users/me",
                headers: [person.authorization, "content-type: application/merge-patch+json"] + condition, json: body)
        }
        expectProblem(try await patch(#"{"bio":"x"}"#, []), 428, "precondition-required")
        let changed = try await patch(#"{"bio":"walks","timeZone":"Europe/Rome"}"#, ["if-match: \(tag)"])
        #expect(changed.status == 200, "\(changed)")
        #expect(changed["bio"]?.string == "walks")
        let stale = try await patch(#"{"bio":"again"}"#, ["if-match: \(tag)"])
        expectProblem(stale, 412, "precondition-failed")
        #expect(stale.header("etag") == changed.header("etag"))
        let id = profile["id"]?.string ?? ""
        let open = try await gateway.get("/v1/users/\(id)")
        #expect(open["bio"]?.string == "walks", "\(open)")
        #expect(open["timeZone"] == nil, "the public projection: \(open)")
        let byHandle = try await gateway.get("/v1/users/@\(profile["handle"]?.string ?? "")")
        #expect(byHandle["id"]?.string == id, "\(byHandle)")
    }

    func write(_ person: Person) async throws -> String {
        let json = #"{"title":"A walk in \#(suite.options.mode)","body":"*one* <b>two</b>","tags":["walks"]}"#
        expectProblem(try await gateway.send("POST", "/v1/articles", json: json), 401, "unauthenticated")
        let made = try await gateway.send("POST", "/v1/articles", headers: [person.authorization], json: json)
        #expect(made.status == 201, "\(made)")
        let id = try #require(made["id"]?.string)
        #expect(made.header("location") == "/v1/articles/\(id)/draft")
        #expect(made["status"]?.string == "draft")
        #expect(made["publishedAt"]?.isNull == true)
        #expect(made["bodyHtml"]?.string?.contains("<em>one</em>") == true)
        #expect(made["bodyHtml"]?.string?.contains("<b>") == false)
        expectProblem(try await gateway.get("/v1/articles/\(id)"), 404, "not-found")
        let draft = try await gateway.get("/v1/articles/\(id)/draft", headers: [person.authorization])
        #expect(draft.status == 200, "\(draft)")
        let tag = try #require(draft.header("etag"))
        #expect(tag == made.header("etag"))
        let patched = try await gateway.send(
            "PATCH", "/v1/articles/\(id)",
            headers: [person.authorization, "content-type: application/merge-patch+json", "if-match: \(tag)"],
            json: #"{"summary":"Short."}"#)
        #expect(patched.status == 200, "\(patched)")
        #expect(patched["summary"]?.string == "Short.")
        #expect(patched.header("etag") != tag)
        return id
    }

    func publish(_ article: String, _ person: Person) async throws {
        let path = "/v1/articles/\(article)/publish"
        let published = try await gateway.send("POST", path, headers: [person.authorization])
        #expect(published.status == 200, "\(published)")
        #expect(published["status"]?.string == "published")
        #expect(published["publishedAt"]?.string?.matches(timePattern) == true)
        expectProblem(
            try await gateway.send("POST", path, headers: [person.authorization]), 409, "already-published")
    }

    func readAsAnyone(_ article: String) async throws {
        let list = try await gateway.get("/v1/articles?tag=walks&limit=1")
        #expect(list.status == 200, "\(list)")
        let first = try #require(list["items"]?.array?.first?.object)
        #expect(first["id"]?.string == article)
        #expect(first["body"] == nil)
        #expect(list["page", "limit"]?.integer == 1)
        let reply = try await gateway.get("/v1/articles/\(article)")
        #expect(reply.status == 200, "\(reply)")
        #expect(reply["author", "displayName"]?.string == displayName)
        #expect(reply["author", "handle"]?.string?.hasPrefix("wanda-walker") == true)
        #expect(reply["summary"]?.string == "Short.")
        #expect(reply.header("content-type") == "application/json")
        #expect(reply.header("ratelimit")?.hasPrefix(#""read";r="#) == true)
        let slug = try #require(reply["slug"]?.string)
        #expect(try await gateway.get("/v1/articles/\(slug)")["id"]?.string == article)
        let tag = try #require(reply.header("etag"))
        let unchanged = try await gateway.get("/v1/articles/\(article)", headers: ["if-none-match: \(tag)"])
        #expect(unchanged.status == 304, "\(unchanged)")
        #expect(unchanged.body.isEmpty)
        #expect(unchanged.header("etag") == tag)
        expectSound(unchanged)
    }

    func takeBack(_ article: String, _ person: Person) async throws {
        let path = "/v1/articles/\(article)"
        let hidden = try await gateway.send("POST", path + "/unpublish", headers: [person.authorization])
        #expect(hidden.status == 200, "\(hidden)")
        #expect(hidden["status"]?.string == "draft")
        expectProblem(try await gateway.get(path), 404, "not-found")
        let list = try await gateway.get("/v1/articles?tag=walks&limit=100")
        #expect(list["items"]?.array?.contains { $0.object?["id"]?.string == article } == false)
        let again = try await gateway.send("POST", path + "/unpublish", headers: [person.authorization])
        expectProblem(again, 409, "not-published")
        let bare = try await gateway.send("DELETE", path, headers: [person.authorization])
        expectProblem(bare, 428, "precondition-required")
        let gone = try await gateway.send("DELETE", path, headers: [person.authorization, "if-match: *"])
        #expect(gone.status == 204, "\(gone)")
        expectProblem(try await gateway.get(path + "/draft", headers: [person.authorization]), 404, "not-found")
    }

    func logOut(_ person: Person) async throws {
        let out = try await gateway.send("POST", "/v1/auth/logout", headers: [person.authorization])
        #expect(out.status == 204, "\(out)")
        try await expectRefusedSoon(person, suite)
        let refreshed = try await gateway.send(
            "POST", "/v1/auth/token/refresh", json: #"{"refreshToken":"\#(person.refreshToken)"}"#)
        expectProblem(refreshed, 401, "session-revoked")
    }
}

@Suite("A log-out")
struct LogOutTests {
    @Test("is heard everywhere within a second")
    func soon() async throws {
        let suite = try await SuiteUnderTest.shared()
        var delays: [Duration] = []
        // A machine that is busy with other tests is late now and then; a delay of its own would be there each time.
        for _ in 0..<5 {
            let person = try await suite.newPerson()
            let out = try await suite.gateway.send("POST", "/v1/auth/logout", headers: [person.authorization])
            #expect(out.status == 204, "\(out)")
            let start = ContinuousClock.now
            try await expectRefusedSoon(person, suite)
            delays.append(ContinuousClock.now - start)
        }
        #expect(delays.contains { $0 < .seconds(1) }, "\(delays)")
    }
}

/// Reads until the token is refused: that must come within a second of the log-out (security.md, "revocation"), for
/// which a machine that is busy with other tests gets five.
func expectRefusedSoon(_ person: Person, _ suite: SuiteUnderTest) async throws {
    let end = ContinuousClock.now + .seconds(5)
    var reply: HTTPReply
    var startedAt: ContinuousClock.Instant
    repeat {
        startedAt = .now
        reply = try await suite.gateway.get("/v1/users/me", headers: [person.authorization])
    } while reply.status == 200 && startedAt < end
    expectProblem(reply, 401, "access-token-invalid")
}
