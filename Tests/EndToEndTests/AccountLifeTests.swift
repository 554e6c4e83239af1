import JSON
import TestKit
import Testing

/// What happens in one service to an account or a profile happens in the others too.
@Suite("An account's life in every service")
struct AccountLifeTests {
    @Test("Registered, renamed, disabled, enabled, erased", arguments: SuiteUnderTest.Mode.allCases)
    func life(mode: SuiteUnderTest.Mode) async throws {
        let suite = try await SuiteUnderTest.shared(mode)
        let life = try await AccountLife(in: suite)
        try await life.rename("Lena Renamed")
        try await life.isCalled("Lena Renamed")
        let before = try await suite.gateway.get("/v1/articles/\(life.article)")

        try await life.disable()
        try await expectRefusedSoon(life.person, suite)
        try await life.isHidden()
        expectProblem(try await suite.logIn(life.person.email), 401, "invalid-credentials")
        expectProblem(try await refresh(life), 401, "session-revoked")

        try await life.enable()
        try await life.isVisible()
        let after = try await suite.gateway.get("/v1/articles/\(life.article)")
        #expect(after.body == before.body)
        #expect(after.header("etag") == before.header("etag"))
        expectProblem(try await refresh(life), 401, "session-revoked")
        let again = try await suite.signIn(life.person.email)

        try await life.erase()
        try await expectRefusedSoon(again, suite)
        try await life.isHidden()
        expectProblem(try await suite.logIn(life.person.email), 401, "invalid-credentials")
        for (method, verb) in [("POST", "/enable"), ("DELETE", "")] {
            expectProblem(try await life.administer(method, verb), 404, "not-found")
        }
    }

    private func refresh(_ life: AccountLife) async throws -> HTTPReply {
        try await life.suite.gateway.send(
            "POST", "/v1/auth/token/refresh", json: #"{"refreshToken":"\#(life.person.refreshToken)"}"#)
    }

    @Test("Only an administrator administers, and not the own account")
    func access() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson("bystander")
        let me = try await suite.gateway.get("/v1/auth/me", headers: [person.authorization])
        let id = try #require(me["id"]?.string)
        for (method, verb) in [("GET", ""), ("POST", "/disable"), ("POST", "/enable"), ("DELETE", "")] {
            let path = "/v1/admin/accounts/\(id)\(verb)"
            expectProblem(try await suite.gateway.send(method, path), 401, "unauthenticated")
            let reply = try await suite.gateway.send(method, path, headers: [person.authorization])
            expectProblem(reply, 403, "forbidden")
        }
        let admin = try await suite.signIn("admin@example.com", password: "causeway demo 2026")
        let own = try await suite.gateway.get("/v1/auth/me", headers: [admin.authorization])["id"]?.string ?? ""
        for (method, verb) in [("POST", "/disable"), ("DELETE", "")] {
            expectProblem(try await AccountLife.administer(suite, method, own + verb), 409, "own-account")
        }
        let view = try await AccountLife.administer(suite, "GET", id)
        #expect(view.status == 200 && view["email"]?.string == person.email, "\(view)")
        expectProblem(try await AccountLife.administer(suite, "GET", "nonsense"), 404, "not-found")
        let faulty = try await AccountLife.administer(suite, "POST", id + "/disable", json: #"{"reason":""}"#)
        expectProblem(faulty, 422, "validation")
    }
}
