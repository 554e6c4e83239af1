import Foundation
import JSON
import TestKit
import Testing

@Suite("Sessions from outside")
struct SessionTests {
    private func refresh(_ token: String, _ suite: SuiteUnderTest) async throws -> HTTPReply {
        try await suite.gateway.send("POST", "/v1/auth/token/refresh", json: #"{"refreshToken":"\#(token)"}"#)
    }

    @Test("A refresh rotates; the same successor comes again within the grace, and both access tokens are good")
    func grace() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson()
        let first = try await refresh(person.refreshToken, suite)
        let next = try #require(Person(email: person.email, tokens: first), "\(first)")
        #expect(next.refreshToken != person.refreshToken)
        #expect(next.sessionID == person.sessionID)
        #expect(first.header("cache-control") == "no-store")
        let again = try await refresh(person.refreshToken, suite)
        #expect(again["refreshToken"]?.string == next.refreshToken, "\(again)")
        for token in [person.accessToken, next.accessToken, again["accessToken"]?.string ?? ""] {
            let me = try await suite.gateway.get("/v1/auth/me", headers: ["authorization: Bearer \(token)"])
            #expect(me.status == 200, "\(me)")
        }
    }

    @Test("Two refreshes at once get the same successor")
    func race() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson()
        let successors = try await withThrowingTaskGroup(of: HTTPReply.self) { group in
            for _ in 0..<6 { group.addTask { try await refresh(person.refreshToken, suite) } }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1["refreshToken"]?.string) }
        }
        #expect(successors.count == 1)
        #expect(successors.first != .some(nil))
    }

    @Test("A token from two generations ago ends the session")
    func reuse() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson()
        let second = try #require(Person(email: "", tokens: try await refresh(person.refreshToken, suite)))
        let third = try #require(Person(email: "", tokens: try await refresh(second.refreshToken, suite)))
        expectProblem(try await refresh(person.refreshToken, suite), 401, "refresh-reused")
        expectProblem(try await refresh(third.refreshToken, suite), 401, "session-revoked")
        try await expectRefusedSoon(third, suite)
    }

    @Test("A refresh token that was not made here is refused")
    func forged() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson()
        let changed = String(person.refreshToken.dropLast(2)) + (person.refreshToken.hasSuffix("AA") ? "BB" : "AA")
        for token in [
            changed, "v1.", "v2." + person.refreshToken.dropFirst(3), "x", person.accessToken.prefix(500) + "",
        ] {
            expectProblem(try await refresh(token, suite), 401, "refresh-invalid", "\(token)")
        }
        #expect(try await refresh(person.refreshToken, suite).status == 200)
    }

    @Test("Logging out of one session leaves the other; logging out everywhere leaves none")
    func logOutEverywhere() async throws {
        let suite = try await SuiteUnderTest.shared()
        let first = try await suite.newPerson()
        let second = try await suite.signIn(first.email)
        let third = try await suite.signIn(first.email)
        let one = try await suite.gateway.send(
            "DELETE", "/v1/auth/sessions/\(second.sessionID)", headers: [first.authorization])
        #expect(one.status == 204, "\(one)")
        try await expectRefusedSoon(second, suite)
        #expect(try await suite.gateway.get("/v1/users/me", headers: [first.authorization]).status == 200)
        let others = try await suite.gateway.send(
            "POST", "/v1/auth/logout-all", headers: [first.authorization], json: #"{"keepCurrent":true}"#)
        #expect(others.status == 204, "\(others)")
        try await expectRefusedSoon(third, suite)
        #expect(try await suite.gateway.get("/v1/auth/me", headers: [first.authorization]).status == 200)
        let all = try await suite.gateway.send("POST", "/v1/auth/logout-all", headers: [first.authorization])
        #expect(all.status == 204, "\(all)")
        try await expectRefusedSoon(first, suite)
    }

    @Test("Another person's session is not found, and lives on")
    func foreignSession() async throws {
        let suite = try await SuiteUnderTest.shared()
        let (one, other) = (try await suite.newPerson(), try await suite.newPerson())
        let reply = try await suite.gateway.send(
            "DELETE", "/v1/auth/sessions/\(other.sessionID)", headers: [one.authorization])
        expectProblem(reply, 404, "not-found")
        #expect(try await suite.gateway.get("/v1/auth/me", headers: [other.authorization]).status == 200)
    }

    @Test("Unknown address, wrong password and disabled answer with the same body")
    func sameRefusal() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson()
        func refusal(_ email: String) async throws -> (String, [String]) {
            let reply = try await suite.gateway.patient.with("--interface", SuiteUnderTest.newAddress()).send(
                "POST", "/v1/auth/login", json: #"{"email":"\#(email)","password":"not the password"}"#)
            expectProblem(reply, 401, "invalid-credentials")
            let id = reply.header("x-request-id") ?? "none"
            return (reply.text.replacingOccurrences(of: id, with: "id"), reply.headers.map(\.name))
        }
        let wrong = try await refusal(person.email)
        let unknown = try await refusal(SuiteUnderTest.newEmail("nobody"))
        #expect(wrong == unknown)
    }

    @Test("Five failures on one account are followed by 429, also with the right password; others sign in")
    func attempts() async throws {
        let suite = try await SuiteUnderTest.shared()
        let (person, other) = (try await suite.newPerson(), try await suite.newPerson())
        func logIn(_ password: String) async throws -> HTTPReply {
            try await suite.gateway.patient.with("--interface", SuiteUnderTest.newAddress()).send(
                "POST", "/v1/auth/login", json: #"{"email":"\#(person.email)","password":"\#(password)"}"#)
        }
        /// Guesses until a guess is refused, and says how many failed. A few more may, while Redis is late and the
        /// process counts for itself.
        func guess() async throws -> Int {
            for failures in 0..<10 {
                let reply = try await logIn("not the password")
                guard reply.status == 401 else {
                    expectProblem(reply, 429, "rate-limited")
                    return failures
                }
                expectProblem(reply, 401, "invalid-credentials")
            }
            throw SuiteUnderTest.Fault(description: "ten guesses were let through")
        }
        #expect(try await guess() >= 5)
        try await eventually {
            let locked = try await logIn(person.password)
            // The delay was over by then.
            guard locked.status != 200 else {
                _ = try await guess()
                return false
            }
            expectProblem(locked, 429, "rate-limited")
            #expect(Int(locked.header("retry-after") ?? "").map { (1...300).contains($0) } == true)
            return true
        }
        // Live sessions keep working.
        #expect(try await suite.gateway.get("/v1/auth/me", headers: [person.authorization]).status == 200)
        _ = try await suite.signIn(other.email)
    }
}
