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
        // A Redis that a busy machine makes late is waited for, so that what the gateway counts is all there is.
        options.settings = ["CAUSEWAY_DRAIN_SECONDS": "8", "CAUSEWAY_GATEWAY_RATE_WAIT_MILLISECONDS": "1000"]
        return try await SuiteUnderTest.start(options)
    }

    /// The most that are let through because auth, which waits 100 ms for Redis, counted them for itself.
    private static let lateMax = 5

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
            var more = 0
            while replies.count < 8 {
                let reply = try await logIn(email, "not the password", from: SuiteUnderTest.newAddress(), suite)
                // While Redis is late the process counts for itself, and the first delay ends after 15 s.
                if replies.count >= 5, reply.status == 401 {
                    more += 1
                    try #require(more <= Self.lateMax, "\(reply)")
                } else {
                    replies.append(reply)
                }
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
        let start = ContinuousClock.now
        var failures = 0
        /// Guesses until a guess is refused. One comes back every six seconds, also meanwhile.
        func guess() async throws {
            while true {
                let reply = try await logIn(SuiteUnderTest.newEmail("nobody"), "not the password", from: address, suite)
                guard reply.status == 401 else { return expectProblem(reply, 429, "rate-limited") }
                failures += 1
                try #require(failures <= 11 + Int((ContinuousClock.now - start) / .seconds(6)) + Self.lateMax)
            }
        }
        try await guess()
        #expect(failures >= 10)
        try await eventually {
            try await guess()
            let reply = try await logIn(person.email, person.password, from: address, suite)
            // One came back since the guess was refused.
            guard reply.status != 200 else { return false }
            expectProblem(reply, 429, "rate-limited")
            return true
        }
        let elsewhere = try await logIn(person.email, person.password, from: SuiteUnderTest.newAddress(), suite)
        #expect(elsewhere.status == 200, "\(elsewhere)")
    }

    @Test("One address signs in thirty times a minute, and its refusals say so")
    func address() async throws {
        let suite = try await Self.started.value
        let person = try await suite.newPerson("busy")
        let address = SuiteUnderTest.newAddress()
        let start = ContinuousClock.now
        for _ in 0..<30 {
            let reply = try await logIn(person.email, person.password, from: address, suite)
            #expect(reply.status == 200, "\(reply)")
        }
        // Every two seconds one comes back, which a slow machine's sign-in takes: what has no password is faster.
        var more = 0
        try await eventually {
            let reply = try await suite.gateway.with("--interface", address).send("POST", "/v1/auth/login", json: "{}")
            if reply.status == 429 {
                expectProblem(reply, 429, "rate-limited")
                return true
            }
            more += 1
            try #require(more <= Int((ContinuousClock.now - start) / .seconds(2)) + 1, "\(reply)")
            return false
        }
    }

    @Test("A second one on the same ports says which port is taken and ends; the first goes on")
    func portTaken() async throws {
        let suite = try await Self.started.value
        let (second, took) = try await timed { try await suite.causeway(["serve", "all"], seconds: 30) }
        #expect(second.status == 1, "\(second.errorText)")
        #expect(second.errorText.contains("causeway serve all:"), "\(second.errorText)")
        #expect(second.errorText.matches("in use|taken"), "\(second.errorText)")
        #expect(second.errorText.matches(#"\b\d{4,5}\b"#), "which port? \(second.errorText)")
        #expect(took < .seconds(25))
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
        try await eventually(patience: .seconds(20)) {
            (try? await suite.gateway.get("/livez")) == nil
        }
        await lock.release()
        let reply = try await slow
        #expect(reply.status == 200, "\(reply)")
        let (status, took) = try await timed { await suite.stop(.all) }
        #expect(status == 0, "\(suite.errors(.all))")
        #expect(took < .seconds(20), "\(took)")
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
        try await eventually {
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
        #expect((.seconds(25) ... .seconds(75)).contains(took), "\(took)")
        #expect(outcome.errorText.contains("waiting for PostgreSQL"))
        #expect(outcome.errorText.contains("causeway serve user: the schema users: the database is unavailable"))
        await suite.stop()
    }
}
