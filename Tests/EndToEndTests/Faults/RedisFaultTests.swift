import Foundation
import JSON
import TestKit
import Testing

extension FaultTests {
    @Suite("Redis is away")
    struct Redis {
        @Test("Everything goes on at once; a log-out still reaches every process, by asking auth")
        func stopped() async throws {
            let suite = try await FaultTests.suite()
            let (person, other) = (try await suite.newPerson("redis"), try await suite.newPerson("redis"))
            suite.redis.stop()
            let outcome = await Result { try await goesOnWithout(suite, person, other) }
            try suite.redis.start()
            try outcome.get()
            try await comesBack(suite, person)
        }

        @Test("A Redis that takes connections and answers nothing is the same")
        func frozen() async throws {
            let suite = try await FaultTests.suite()
            let (person, other) = (try await suite.newPerson("redis"), try await suite.newPerson("redis"))
            suite.redis.freeze()
            let outcome = await Result { try await goesOnWithout(suite, person, other) }
            suite.redis.thaw()
            try outcome.get()
            try await comesBack(suite, person)
        }

        @Test("A Redis that is out of memory and evicts nothing is the same: it can be read, and tells nothing new")
        func full() async throws {
            let suite = try await FaultTests.suite()
            let (person, other) = (try await suite.newPerson("redis"), try await suite.newPerson("redis"))
            try await suite.redisCLI("CONFIG", "SET", "maxmemory", "1mb")
            let outcome = await Result { try await goesOnWithout(suite, person, other) }
            try await suite.redisCLI("CONFIG", "SET", "maxmemory", "0")
            try outcome.get()
            try await comesBack(suite, person)
        }

        @Test("A revocation that Redis lost with all its data still reaches who starts later")
        func emptied() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("emptied")
            try await revokes(suite, person, within: .seconds(10))
            suite.redis.stop()
            try suite.redis.start()
            try await suite.restart(.content)
            // The service itself, without the gateway's own list in front of it, has it from auth.
            try await suite.restart(.gateway)
            let reply = try await suite.gateway.get("/v1/auth/me", headers: [person.authorization])
            expectProblem(reply, 401, "access-token-invalid")
        }

        func goesOnWithout(_ suite: SuiteUnderTest, _ person: Person, _ other: Person) async throws {
            try await goesOn(suite, person)
            try await revokes(suite, other, within: .seconds(20))
        }

        /// Nothing is refused, and nothing takes notice.
        private func goesOn(_ suite: SuiteUnderTest, _ person: Person) async throws {
            let article = try await suite.newArticle(of: person)
            let calls: [@Sendable () async throws -> HTTPReply] = [
                { try await suite.gateway.get("/v1/articles?limit=1") },
                { try await suite.gateway.get("/v1/auth/me", headers: [person.authorization]) },
                { try await suite.gateway.get("/v1/articles/\(article.id)/draft", headers: [person.authorization]) },
                { try await suite.logIn(person.email) },
                { try await suite.gateway.get("/v1/users/me", headers: [person.authorization]) },
            ]
            for round in 0..<3 {
                for (index, call) in calls.enumerated() {
                    let (reply, took) = try await timed(call)
                    #expect(reply.status == 200, "round \(round), call \(index): \(reply)")
                    #expect(took < .seconds(8), "round \(round), call \(index): \(took)")
                    expectSound(reply)
                }
            }
        }

        private func revokes(_ suite: SuiteUnderTest, _ person: Person, within patience: Duration) async throws {
            let headers = [person.authorization]
            #expect(try await suite.gateway.get("/v1/auth/me", headers: headers).status == 200)
            let (out, took) = try await timed {
                try await suite.gateway.send("POST", "/v1/auth/logout", headers: headers)
            }
            #expect(out.status == 204, "\(out)")
            #expect(took < .seconds(8))
            for target in ["/v1/auth/me", "/v1/users/me", "/v1/articles/00000000-0000-7000-8000-000000000000/draft"] {
                try await suite.until("\(target) refuses the token", within: patience) {
                    try await suite.gateway.get(target, headers: headers)
                } is: {
                    $0.status == 401
                }
            }
        }

        /// Redis counts again, and what was revoked without it is pushed through it.
        func comesBack(_ suite: SuiteUnderTest, _ person: Person) async throws {
            try await eventually(patience: .seconds(60)) {
                let pending = try await suite.psql("SELECT count(*) FROM auth.revocations WHERE published_at IS NULL")
                return pending.text.trimmingCharacters(in: .whitespacesAndNewlines) == "0"
            }
            // Limits live in Redis again.
            try await eventually(patience: .seconds(60)) {
                _ = try await suite.gateway.get("/v1/articles?limit=1")
                let keys = try await ChildProcess.run([
                    "redis-cli", "-p", String(suite.redis.port), "--scan", "--pattern", "causeway:limit:*",
                ])
                return !keys.text.isEmpty
            }
            let later = try await suite.newPerson("redis")
            try await revokes(suite, later, within: .seconds(20))
            try await eventually(patience: .seconds(60)) {
                let next = try await suite.newPerson("redis")
                let out = try await suite.gateway.send("POST", "/v1/auth/logout", headers: [next.authorization])
                #expect(out.status == 204)
                let start = ContinuousClock.now
                try await suite.until("refusal", within: .seconds(20)) {
                    try await suite.gateway.get("/v1/auth/me", headers: [next.authorization])
                } is: {
                    $0.status == 401
                }
                return ContinuousClock.now - start < .seconds(1)
            }
            suite.expectUnharmed()
        }
    }
}

extension SuiteUnderTest {
    @discardableResult
    func redisCLI(_ words: String...) async throws -> String {
        try await ChildProcess.run(["redis-cli", "-p", String(redis.port)] + words).text
    }
}
