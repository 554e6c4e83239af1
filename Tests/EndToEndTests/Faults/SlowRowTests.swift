import Foundation
import JSON
import TestKit
import Testing

extension FaultTests {
    @Suite("A row is locked")
    struct SlowRow {
        @Test("Nobody waits longer than the deadline, and the answer says why")
        func deadline() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("slow")
            let article = try await suite.newArticle(of: person)
            let lock = try await RowLock.article(article.id, in: suite)
            let (reply, took) = try await timed { try await suite.patch(article, of: person, body: "late") }
            await lock.release()
            expectProblem(reply, 504, "deadline-exceeded")
            #expect(took < .seconds(20), "\(took)")
            // What was given up was not written.
            let draft = try await suite.gateway.get(
                "/v1/articles/\(article.id)/draft", headers: [person.authorization])
            #expect(draft["body"]?.string == "text")
            let again = try await suite.patch(article, of: person, body: "now")
            #expect(again.status == 200, "\(again)")
            suite.expectUnharmed()
        }

        @Test("Others do not wait with the one who waits")
        func others() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("slow")
            var articles: [(id: String, etag: String)] = []
            for _ in 0..<3 { articles.append(try await suite.newArticle(of: person)) }
            var locks: [RowLock] = []
            for article in articles { locks.append(try await RowLock.article(article.id, in: suite)) }
            let waiting = articles
            try await withThrowingTaskGroup { group in
                for article in waiting {
                    group.addTask { _ = try await suite.patch(article, of: person, body: "late") }
                }
                try await RowLock.isWaitedFor(in: suite, count: 2)
                for _ in 0..<10 {
                    let (reply, took) = try await timed { try await suite.gateway.get("/v1/articles?limit=1") }
                    #expect(reply.status == 200, "\(reply)")
                    #expect(took < .seconds(8), "a reader waited for a writer's lock: \(took)")
                }
                for lock in locks { await lock.release() }
                try await group.waitForAll()
            }
            suite.expectUnharmed()
        }

        @Test("A client that goes away in the middle is let go; nothing breaks, and the next ones are served")
        func clientGone() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("gone")
            let article = try await suite.newArticle(of: person)
            let lock = try await RowLock.article(article.id, in: suite)
            for option in ["--http2", "--http1.1"] {
                let curl = try ChildProcess(
                    [
                        "curl", "--silent", "--noproxy", "*", "--cacert", suite.certificate, option, "--request",
                        "PATCH", "--header", person.authorization, "--header", "if-match: *", "--header",
                        "content-type: application/merge-patch+json", "--data-binary", #"{"body":"gone"}"#,
                        "\(suite.gateway.base)/v1/articles/\(article.id)",
                    ])
                try await RowLock.isWaitedFor(in: suite)
                await curl.stop(signal: SIGKILL)
                let (reply, took) = try await timed { try await suite.gateway.get("/v1/articles?limit=1") }
                #expect(reply.status == 200 && took < .seconds(8), "\(took): \(reply)")
            }
            await lock.release()
            // Whether the abandoned write came through is open; the row is whole either way.
            let draft = try await suite.gateway.get(
                "/v1/articles/\(article.id)/draft", headers: [person.authorization])
            #expect(["text", "gone"].contains(draft["body"]?.string), "\(draft)")
            let tag = try #require(draft.header("etag"))
            let after = try await suite.until("a write") {
                try await suite.patch((article.id, tag), of: person, body: "after")
            } is: {
                $0.status == 200 || $0.status == 412
            }
            #expect(after.header("etag") != nil)
            suite.expectUnharmed()
        }

        @Test("Many who go away leave nothing behind")
        func manyGone() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("gone")
            let lock = try await RowLock(
                "SELECT true FROM auth.audit_tail FOR UPDATE", in: suite)
            // Sign-ins wait for the tail of the audit, each with a leased connection; there are eight of those.
            await withTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask {
                        _ = try? await suite.gateway.with("--interface", SuiteUnderTest.newAddress()).send(
                            "POST", "/v1/auth/login",
                            body: Array(
                                #"{"email":"\#(person.email)","password":"\#(SuiteUnderTest.password)"}"#.utf8),
                            seconds: 4)
                    }
                }
            }
            // The server was asked to end them; nobody waits for `statement_timeout`.
            let log = try #require(suite.postgres).folder + "/log"
            try await eventually(patience: .seconds(20)) {
                try String(contentsOfFile: log, encoding: .utf8).contains("canceling statement due to user request")
            }
            await lock.release()
            let (reply, took) = try await timed {
                try await suite.until("a sign-in", within: .seconds(10)) {
                    try await suite.logIn(person.email)
                } is: {
                    $0.status == 200
                }
            }
            #expect(reply.status == 200 && took < .seconds(10), "\(took)")
            try await eventually(patience: .seconds(30)) {
                let busy = try await suite.psql(
                    "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
                return busy.text.trimmingCharacters(in: .whitespacesAndNewlines) == "0"
            }
            suite.expectUnharmed()
        }
    }
}
