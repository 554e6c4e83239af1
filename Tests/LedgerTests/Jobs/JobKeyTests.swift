import Contract
import Ledger
import Postgres
import Primitives
import TestKit
import Testing

@Suite struct JobKeyTests {
    private func withJobs(_ body: @Sendable (Database) async throws -> Void) async throws {
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE SCHEMA auth")
            try await test.open(schema: "auth") { database in
                _ = try await Migrator(database, JobRunnerTests.migrations).migrate()
                try await body(database)
            }
        }
    }

    private static func enqueue(_ text: String, kind: JobKind = "mail", in database: Database) async throws -> JobID {
        let key = try #require(IdempotencyKey(text))
        return try await database.transaction { transaction in
            try await JobQueue.enqueue(in: transaction, kind: kind, payload: JSONBytes("1"), key: key)
        }
    }

    @Test func aKeyIsOneJobOfItsKindAlsoWhenThatIsDone() async throws {
        try await withJobs { database in
            let first = try await Self.enqueue("a", in: database)
            #expect(try await Self.enqueue("a", in: database) == first)
            let others = [
                try await Self.enqueue("b", in: database), try await Self.enqueue("a", kind: "letter", in: database),
            ]
            #expect(Set(others + [first]).count == 3)
            let done = Collected<Job>()
            let runner = JobRunner(database, handlers: ["mail": { done.append($0) }, "letter": { done.append($0) }])
            async let running: Void = runner.run()
            try await eventually { done.all.count == 3 }
            try await eventually { try await JobQueue.counts(in: database).running == 0 }
            #expect(try await Self.enqueue("a", in: database) == first)
            runner.stop()
            await running
            #expect(try await JobQueue.counts(in: database).pending == 0)
            let keys = done.all.map { "\($0.kind.name) \($0.key?.text ?? "none")" }.sorted()
            #expect(keys == ["letter a", "mail a", "mail b"])
        }
    }

    @Test func manyAtOnceAreOneAndARollbackGivesTheKeyBack() async throws {
        struct Undone: Error {}
        try await withJobs { database in
            await #expect(throws: Undone.self) {
                try await database.transaction { transaction in
                    try await JobQueue.enqueue(
                        in: transaction, kind: "mail", payload: JSONBytes("1"), key: IdempotencyKey("a"))
                    throw Undone()
                }
            }
            let ids = try await withThrowingTaskGroup(of: JobID.self) { group in
                for _ in 0..<12 { group.addTask { try await Self.enqueue("a", in: database) } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await JobQueue.counts(in: database).pending == 1)
        }
    }

    @Test func theKeyStaysTheSameBetweenAttempts() async throws {
        try await withJobs { database in
            var settings = JobRunner.Settings()
            settings.schedule = RetrySchedule(delayFirst: .milliseconds(1), delayMax: .milliseconds(1))
            settings.pollInterval = .milliseconds(20)
            let seen = Collected<String>()
            let runner = JobRunner(
                database,
                handlers: [
                    "mail": { (job) throws(JobFailure) in
                        seen.append("\(job.id) \(job.key?.text ?? "none")")
                        if job.attempt < 3 { throw .temporary("again") }
                    }
                ], settings: settings)
            let id = try await Self.enqueue("k", in: database)
            async let running: Void = runner.run()
            try await eventually { seen.all.count == 3 }
            runner.stop()
            await running
            #expect(seen.all == Array(repeating: "\(id) k", count: 3))
        }
    }

    @Test func keysAreForgottenAfterTheirTime() async throws {
        try await withJobs { database in
            var settings = JobRunner.Settings()
            settings.keysKept = .zero
            let first = try await Self.enqueue("a", in: database)
            let done = Collected<JobID>()
            let runner = JobRunner(database, handlers: ["mail": { done.append($0.id) }], settings: settings)
            async let running: Void = runner.run()
            try await eventually { done.all == [first] }
            try await eventually { try await Self.enqueue("a", in: database) != first }
            try await eventually { done.all.count == 2 }
            runner.stop()
            await running
        }
    }
}
