import Foundation
import JSON
import TestKit
import Testing

/// `causeway serve all`, with the limits of a public edge.
@Suite("Faults of one process", .serialized)
struct OneProcessFaultTests {
    private static let started = Task {
        var options = SuiteUnderTest.Options(.oneProcess)
        options.limitMultiplier = 1
        options.ownsPostgres = true
        options.settings = ["CAUSEWAY_DRAIN_SECONDS": "8"]
        return try await SuiteUnderTest.start(options)
    }

    private func logIn(
        _ email: String, _ password: String, from address: String, _ suite: SuiteUnderTest
    ) async throws -> HTTPReply {
        try await suite.gateway.with("--interface", address).send(
            "POST", "/v1/auth/login", json: #"{"email":"\#(email)","password":"\#(password)"}"#)
    }

    /// A reply without what is each request's own.
    private func general(_ reply: HTTPReply) -> String {
        let id = reply.header("x-request-id") ?? "none"
        return "\(reply.status) \(reply.text.replacingOccurrences(of: id, with: "id"))"
    }

    @Test("Guessing at one account is slowed down, whether there is such an account or not, and told alike")
    func guessing() async throws {
        let suite = try await Self.started.value
        let person = try await suite.newPerson("guessed")
        func guess(_ email: String) async throws -> [HTTPReply] {
            var replies: [HTTPReply] = []
            for _ in 0..<8 {
                replies.append(
                    try await logIn(email, "not the password", from: SuiteUnderTest.newAddress(), suite))
            }
            return replies
        }
        let known = try await guess(person.email)
        let unknown = try await guess(SuiteUnderTest.newEmail("nobody"))
        for replies in [known, unknown] {
            for reply in replies.prefix(5) { expectProblem(reply, 401, "invalid-credentials") }
            for reply in replies.dropFirst(5) {
                expectProblem(reply, 429, "rate-limited")
                #expect(Int(reply.header("retry-after") ?? "").map { (1...300).contains($0) } == true)
            }
        }
        #expect(known.map(general) == unknown.map(general))
        // The session that there is goes on.
        #expect(try await suite.gateway.get("/v1/auth/me", headers: [person.authorization]).status == 200)
    }

    @Test("Guessing at many accounts from one address ends after ten failures; other addresses go on")
    func spraying() async throws {
        let suite = try await Self.started.value
        let person = try await suite.newPerson("sprayed")
        let address = SuiteUnderTest.newAddress()
        for _ in 0..<10 {
            let reply = try await logIn(SuiteUnderTest.newEmail("nobody"), "not the password", from: address, suite)
            expectProblem(reply, 401, "invalid-credentials")
        }
        let refused = try await logIn(person.email, person.password, from: address, suite)
        expectProblem(refused, 429, "rate-limited")
        let elsewhere = try await logIn(person.email, person.password, from: SuiteUnderTest.newAddress(), suite)
        #expect(elsewhere.status == 200, "\(elsewhere)")
    }

    @Test("One address signs in thirty times a minute, and its refusals say so")
    func address() async throws {
        let suite = try await Self.started.value
        let person = try await suite.newPerson("busy")
        let address = SuiteUnderTest.newAddress()
        var allowed = 0
        var refused: HTTPReply?
        while refused == nil, allowed < 60 {
            let reply = try await logIn(person.email, person.password, from: address, suite)
            if reply.status == 200 { allowed += 1 } else { refused = reply }
        }
        #expect((30...40).contains(allowed), "\(allowed)")
        let reply = try #require(refused)
        expectProblem(reply, 429, "rate-limited")
    }

    @Test("A second one on the same ports says which port is taken and ends; the first goes on")
    func portTaken() async throws {
        let suite = try await Self.started.value
        let (second, took) = try await timed { try await suite.causeway(["serve", "all"], seconds: 30) }
        #expect(second.status == 1, "\(second.errorText)")
        #expect(second.errorText.contains("causeway serve all:"), "\(second.errorText)")
        #expect(second.errorText.matches("in use|taken"), "\(second.errorText)")
        #expect(second.errorText.matches(#"\b\d{4,5}\b"#), "which port? \(second.errorText)")
        #expect(took < .seconds(15))
        #expect(try await suite.gateway.get("/readyz").status == 200)
        #expect(suite.process(.all)?.hasEnded == false)
    }

    @Test("SIGTERM lets the request in flight through all layers, then all end with 0")
    func drain() async throws {
        let suite = try await Self.started.value
        let person = try await suite.newPerson("drain")
        let article = try await suite.newArticle(of: person)
        let lock = try await RowLock.article(article.id, in: suite)
        async let slow = suite.patch(article, of: person, body: "drained")
        try await RowLock.isWaitedFor(in: suite)
        let process = try #require(suite.process(.all))
        process.send(signal: SIGTERM)
        try await eventually(patience: .seconds(3)) {
            (try? await suite.gateway.get("/livez")) == nil
        }
        await lock.release()
        let reply = try await slow
        #expect(reply.status == 200, "\(reply)")
        let (status, took) = try await timed { await suite.stop(.all) }
        #expect(status == 0, "\(suite.errors(.all))")
        #expect(took < .seconds(10), "\(took)")
        try await suite.start(.all)
        let draft = try await suite.gateway.get("/v1/articles/\(article.id)/draft", headers: [person.authorization])
        #expect(draft["body"]?.string == "drained", "\(draft)")
    }

    @Test("PostgreSQL and Redis away at the start are waited for")
    func late() async throws {
        let suite = try await Self.started.value
        await suite.stop(.all)
        await suite.postgres?.stop()
        suite.redis.stop()
        try await suite.start(.all, untilReady: false)
        try await eventually(patience: .seconds(20)) {
            suite.log(.all).contains { $0.contains("waiting for PostgreSQL") }
        }
        try await suite.postgres?.start()
        try await suite.waitUntilReady(.all)
        #expect(try await suite.gateway.get("/v1/articles?limit=1").status == 200)
        try suite.redis.start()
        let person = try await suite.newPerson("late")
        #expect(try await suite.gateway.get("/v1/auth/me", headers: [person.authorization]).status == 200)
        suite.expectUnharmed([.all])
    }
}

/// Starts that cannot succeed.
@Suite("Starts that fail")
struct FailedStartTests {
    @Test("A PostgreSQL that stays away is waited for, but not for ever; then the exit is 1 and says why")
    func away() async throws {
        let suite = try await SuiteUnderTest(SuiteUnderTest.Options(.fourProcesses))
        try await suite.require(["keys", "--directory", suite.keysFolder])
        let nowhere = String(try FreePorts.take(1)[0])
        let (outcome, took) = try await timed {
            try await suite.causeway(
                ["serve", "user"],
                settings: ["CAUSEWAY_POSTGRES_PORT": nowhere, "CAUSEWAY_POSTGRES_HOST": "127.0.0.1"], seconds: 90)
        }
        #expect(outcome.status == 1)
        #expect((.seconds(25) ... .seconds(45)).contains(took), "\(took)")
        #expect(outcome.errorText.contains("waiting for PostgreSQL"))
        #expect(outcome.errorText.contains("causeway serve user: the schema users: the database is unavailable"))
        await suite.stop()
    }
}
