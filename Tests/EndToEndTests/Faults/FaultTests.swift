import Foundation
import JSON
import Synchronization
import TestKit
import Testing

/// What happens when something that the suite stands on fails. One test at a time, since each takes something away from
/// the suite that they share and gives it back: that the next one passes is part of the test.
@Suite("Faults", .serialized)
struct FaultTests {
    private static let started = Mutex<Task<SuiteUnderTest, any Error>?>(nil)

    /// Four processes on a PostgreSQL and a Redis of their own, with demonstration data.
    static func suite() async throws -> SuiteUnderTest {
        let start = started.withLock { started in
            if let started { return started }
            var options = SuiteUnderTest.Options(.fourProcesses)
            options.ownsPostgres = true
            options.handsOver = true
            options.settings = ["CAUSEWAY_DRAIN_SECONDS": "8"]
            let settled = options
            let start = Task {
                let suite = try await SuiteUnderTest.start(settled)
                try await suite.require(["seed"])
                return suite
            }
            started = start
            return start
        }
        return try await start.value
    }
}

/// What a call took. Bounds on it are loose enough for a busy machine, and tighter than the stall that they exclude.
func timed<Value>(_ body: () async throws -> Value) async throws -> (value: Value, took: Duration) {
    let start = ContinuousClock.now
    let value = try await body()
    return (value, ContinuousClock.now - start)
}

extension Result where Failure == any Error {
    /// What `body` comes to, so that what was taken away can be given back before anybody hears of it.
    init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}

extension SuiteUnderTest {
    /// A new draft.
    func newArticle(of person: Person, title: String = "A fault") async throws -> (id: String, etag: String) {
        let made = try await gateway.send(
            "POST", "/v1/articles", headers: [person.authorization],
            json: #"{"title":"\#(title) \#(UUID().uuidString.prefix(8))","body":"text"}"#)
        guard made.status == 201, let id = made["id"]?.string, let etag = made.header("etag") else {
            throw Fault(description: "article: \(made)")
        }
        return (id, etag)
    }

    func patch(
        _ article: (id: String, etag: String), of person: Person, body: String, seconds: Int = 30
    ) async throws -> HTTPReply {
        try await gateway.send(
            "PATCH", "/v1/articles/\(article.id)",
            headers: [
                person.authorization, "content-type: application/merge-patch+json", "if-match: \(article.etag)",
            ],
            body: Array(#"{"body":"\#(body)"}"#.utf8), seconds: seconds)
    }

    func logIn(_ email: String, _ password: String = SuiteUnderTest.password) async throws -> HTTPReply {
        try await gateway.with("--interface", Self.newAddress()).send(
            "POST", "/v1/auth/login", json: #"{"email":"\#(email)","password":"\#(password)"}"#)
    }

    /// Asks until the answer is as wanted, and says what came instead where it never is.
    @discardableResult
    func until(
        _ what: String, within patience: Duration = .seconds(20), _ ask: () async throws -> HTTPReply,
        is wanted: (HTTPReply) -> Bool
    ) async throws -> HTTPReply {
        let end = ContinuousClock.now + patience
        while true {
            let reply = try? await ask()
            if let reply, wanted(reply) { return reply }
            guard ContinuousClock.now < end else {
                throw Fault(description: "\(what): \(reply.map { "\($0)" } ?? "no answer")")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Every part is still the process that it was, and nothing of it was a bug.
    func expectUnharmed(
        _ parts: [Part] = [.auth, .user, .content, .gateway], at place: SourceLocation = #_sourceLocation
    ) {
        for part in parts {
            #expect(process(part)?.hasEnded == false, "\(part): \(errors(part))", sourceLocation: place)
            let faults = log(part).filter { $0.contains(#""error":"fault""#) || $0.contains(#""status":500"#) }
            #expect(faults.isEmpty, "\(part): \(faults.suffix(3))", sourceLocation: place)
        }
    }
}

/// A row that somebody holds locked in a transaction of his own, until `release`.
struct RowLock {
    private let psql: ChildProcess

    /// - Parameter query: a `SELECT … FOR UPDATE` that gives one row.
    init(_ query: String, in suite: SuiteUnderTest) async throws {
        let host = suite.environment["CAUSEWAY_POSTGRES_HOST"] ?? ""
        let port = suite.environment["CAUSEWAY_POSTGRES_PORT"] ?? ""
        psql = try ChildProcess([
            "psql", "-X", "-q", "-A", "-t", "-h", host, "-p", port, "-U", "postgres", "-d", suite.database,
        ])
        psql.write("BEGIN;\n\(query);\n")
        guard let row = await psql.nextLine(), !row.isEmpty else {
            throw SuiteUnderTest.Fault(description: "no row to lock: \(query)")
        }
    }

    /// Returns when the lock is gone.
    func release() async {
        psql.write("ROLLBACK;\n")
        psql.endInput()
        await psql.wait()
    }

    static func article(_ id: String, in suite: SuiteUnderTest) async throws -> RowLock {
        try await RowLock("SELECT id FROM content.articles WHERE id = '\(id)' FOR UPDATE", in: suite)
    }

    /// Waits until some statement of the suite waits for a lock.
    static func isWaitedFor(in suite: SuiteUnderTest, count: Int = 1) async throws {
        let query =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '\(suite.database)'"
        try await eventually {
            let outcome = try await suite.psql(query)
            return (Int(outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0) >= count
        }
    }
}
