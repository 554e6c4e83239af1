import Foundation
import JSON
import TestKit
import Testing

extension FaultTests {
    @Suite("PostgreSQL is away")
    struct Postgres {
        @Test("Reads and writes are refused with 503 at once, health says so, and all of it comes back by itself")
        func stopped() async throws {
            let suite = try await FaultTests.suite()
            let server = try #require(suite.postgres)
            let person = try await suite.newPerson("postgres")
            let article = try await suite.newArticle(of: person)
            await server.stop()
            let outcome = await Result { try await isRefused(suite, person, article) }
            try await server.start()
            try outcome.get()
            try await recovers(suite, person, article)
            let patched = try await suite.patch(article, of: person, body: "again")
            #expect(patched.status == 200, "\(patched)")
            _ = try await suite.signIn(person.email)
            suite.expectUnharmed()
        }

        @Test("A server that takes connections and answers nothing holds nobody longer than the deadline")
        func frozen() async throws {
            let suite = try await FaultTests.suite()
            let server = try #require(suite.postgres)
            let person = try await suite.newPerson("frozen")
            let article = try await suite.newArticle(of: person)
            try await server.freeze()
            let calls = calls(suite, person, article)
            let outcome = await Result {
                try await withThrowingTaskGroup { group in
                    for call in calls { group.addTask { try await timed(call) } }
                    return try await group.reduce(into: [(value: HTTPReply, took: Duration)]()) { $0.append($1) }
                }
            }
            try await server.thaw()
            let replies = try outcome.get()
            #expect(replies.count == calls.count)
            for (reply, took) in replies {
                #expect(took < .seconds(20), "\(took): \(reply)")
                if reply.status == 504 {
                    expectProblem(reply, 504, "deadline-exceeded")
                } else {
                    expectProblem(reply, 503, "unavailable")
                }
            }
            try await recovers(suite, person, article)
            _ = try await suite.signIn(person.email)
            suite.expectUnharmed()
        }

        @Test("Connections that are cut in the middle are made anew, and no answer is a 500")
        func cut() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("cut")
            let article = try await suite.newArticle(of: person)
            for _ in 0..<3 {
                _ = try await suite.psql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND pid <> pg_backend_pid()")
                for call in calls(suite, person, article).shuffled() {
                    let reply = try await call()
                    if reply.status >= 300 { expectProblem(reply, 503, "unavailable") }
                }
            }
            try await recovers(suite, person, article)
            suite.expectUnharmed()
        }

        private func isRefused(
            _ suite: SuiteUnderTest, _ person: Person, _ article: (id: String, etag: String)
        ) async throws {
            for _ in 0..<2 {
                for call in calls(suite, person, article) {
                    let (reply, took) = try await timed(call)
                    expectProblem(reply, 503, "unavailable")
                    #expect(took < .seconds(8), "\(took): \(reply)")
                }
            }
            for part in [SuiteUnderTest.Part.auth, .user, .content] {
                let (reply, took) = try await timed { try await suite.ops(part).get("/readyz") }
                #expect(reply.status == 503, "\(part): \(reply)")
                #expect(took < .seconds(8))
                #expect(try await suite.ops(part).get("/livez").status == 200)
            }
        }

        private typealias Call = @Sendable () async throws -> HTTPReply

        /// Each service's reads and writes, through the gateway; none spends what the next one needs.
        private func calls(
            _ suite: SuiteUnderTest, _ person: Person, _ article: (id: String, etag: String)
        ) -> [Call] {
            [
                { try await suite.gateway.get("/v1/articles?limit=1") },
                { try await suite.gateway.get("/v1/articles/\(article.id)/draft", headers: [person.authorization]) },
                { try await suite.gateway.get("/v1/users/me", headers: [person.authorization]) },
                { try await suite.gateway.get("/v1/auth/sessions", headers: [person.authorization]) },
                { try await suite.logIn(person.email) },
                {
                    try await suite.gateway.send(
                        "POST", "/v1/auth/token/refresh", json: #"{"refreshToken":"\#(person.refreshToken)"}"#)
                },
                {
                    try await suite.gateway.send(
                        "POST", "/v1/articles", headers: [person.authorization], json: #"{"title":"x","body":"y"}"#)
                },
                {
                    try await suite.gateway.send(
                        "POST", "/v1/auth/register",
                        json:
                            #"{"email":"\#(SuiteUnderTest.newEmail("away"))","password":"\#(SuiteUnderTest.password)"}"#
                    )
                },
            ]
        }

        private func recovers(
            _ suite: SuiteUnderTest, _ person: Person, _ article: (id: String, etag: String)
        ) async throws {
            for call in calls(suite, person, article) {
                try await suite.until("recovery", call) { (200..<300).contains($0.status) }
            }
            for part in [SuiteUnderTest.Part.auth, .user, .content, .gateway] { try await suite.waitUntilReady(part) }
        }
    }
}
