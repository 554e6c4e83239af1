import Ledger
import Postgres
import Primitives
import TestKit
import Testing

@Suite struct JobRunnerTests {
    private struct Refused: Error {}

    static let migrations = [
        Migration(1, "jobs", JobQueue.migrationSQL), Migration(2, "job-keys", JobQueue.keysMigrationSQL),
    ]

    /// Polls so seldom that only notifications and the runner's own wake-ups can explain quick progress.
    private static func settings(_ adjust: (inout JobRunner.Settings) -> Void = { _ in }) -> JobRunner.Settings {
        var settings = JobRunner.Settings()
        settings.pollInterval = .seconds(3600)
        adjust(&settings)
        return settings
    }

    private func withJobs(_ body: (Database, TestDatabase) async throws -> Void) async throws {
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE SCHEMA auth")
            try await test.open(schema: "auth") { database in
                _ = try await Migrator(database, JobRunnerTests.migrations).migrate()
                try await body(database, test)
            }
        }
    }

    private func enqueue(
        _ payload: String, kind: JobKind = "mail", attemptsMax: Int = 12, in database: Database
    )
        async throws -> JobID
    {
        try await database.transaction { transaction in
            try await JobQueue.enqueue(
                in: transaction, kind: kind, payload: JSONBytes(payload), attemptsMax: attemptsMax)
        }
    }

    /// Runs `runner` while `body` runs.
    private func running(_ runners: [JobRunner], _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for runner in runners { group.addTask { await runner.run() } }
            do {
                try await body()
            } catch {
                group.cancelAll()
                throw error
            }
            for runner in runners { runner.stop() }
        }
    }

    @Test func aCommittedJobRunsAndARolledBackOneDoesNot() async throws {
        try await withJobs { database, _ in
            let done = Collected<Job>()
            let runner = JobRunner(database, handlers: ["mail": { done.append($0) }], settings: Self.settings())
            try await running([runner]) {
                await #expect(throws: Refused.self) {
                    try await database.transaction { transaction in
                        try await JobQueue.enqueue(in: transaction, kind: "mail", payload: JSONBytes("1"))
                        throw Refused()
                    }
                }
                let id = try await enqueue(#"{"to": "a"}"#, in: database)
                try await eventually { try await JobQueue.counts(in: database).pending == 0 && done.all.count == 1 }
                #expect(done.all.first?.id == id)
                #expect(done.all.first?.payload == JSONBytes(#"{"to": "a"}"#))
                #expect(done.all.first?.attempt == 1)
            }
            let counts = try await JobQueue.counts(in: database)
            #expect(counts.pending + counts.running + counts.dead == 0)
            #expect(counts.oldestDueSeconds == 0)
        }
    }

    @Test func parallelRunnersRunEachJobOnce() async throws {
        try await withJobs { database, test in
            let done = Collected<JobID>()
            var enqueued: Set<JobID> = []
            for number in 0..<10 {
                let some = try await database.transaction { transaction in
                    var ids: [JobID] = []
                    for index in 0..<20 {
                        ids.append(
                            try await JobQueue.enqueue(
                                in: transaction, kind: "mail", payload: JSONBytes("\(number * 20 + index)")))
                    }
                    return ids
                }
                enqueued.formUnion(some)
            }
            try await test.open(schema: "auth") { other in
                let runners = [database, database, other, other].map { database in
                    JobRunner(database, handlers: ["mail": { done.append($0.id) }], settings: Self.settings())
                }
                try await running(runners) {
                    try await eventually { done.all.count >= 200 }
                    try await eventually {
                        let counts = try await JobQueue.counts(in: database)
                        return counts.pending == 0 && counts.running == 0
                    }
                }
            }
            #expect(done.all.count == 200)
            #expect(Set(done.all) == enqueued)
        }
    }

    @Test func aFailedJobIsTriedAgainUntilItWorks() async throws {
        try await withJobs { database, _ in
            let attempts = Collected<Int>()
            let retries = Collected<String>()
            let settings = Self.settings {
                $0.schedule = RetrySchedule(delayFirst: .milliseconds(1), delayMax: .milliseconds(1))
                $0.pollInterval = .milliseconds(20)
            }
            let runner = JobRunner(
                database,
                handlers: [
                    "mail": { (job) throws(JobFailure) in
                        attempts.append(job.attempt)
                        if job.attempt < 3 { throw .temporary("attempt \(job.attempt)") }
                    }
                ], settings: settings,
                observe: { observation in
                    if case .willRetry(_, _, let detail) = observation { retries.append(detail) }
                })
            try await running([runner]) {
                _ = try await enqueue("1", in: database)
                try await eventually { attempts.all.count == 3 }
                try await eventually { try await JobQueue.counts(in: database).running == 0 }
            }
            #expect(attempts.all == [1, 2, 3])
            #expect(retries.all == ["attempt 1", "attempt 2"])
        }
    }

    @Test func aJobDiesAfterItsLastAttemptOrAtOnceWhereItsFailureIsPermanent() async throws {
        let dead = Statement<[String]>(
            "t.dead", "SELECT ARRAY[attempts::text, last_error] FROM jobs WHERE status = 'dead' ORDER BY attempts")
        try await withJobs { database, _ in
            let settings = Self.settings {
                $0.schedule = RetrySchedule(delayFirst: .milliseconds(1), delayMax: .milliseconds(1))
                $0.pollInterval = .milliseconds(20)
            }
            let runner = JobRunner(
                database,
                handlers: [
                    "mail": { (_) throws(JobFailure) in throw .temporary("busy") },
                    "letter": { (_) throws(JobFailure) in throw .permanent("no such street") },
                ], settings: settings)
            try await running([runner]) {
                _ = try await enqueue("1", kind: "mail", attemptsMax: 2, in: database)
                _ = try await enqueue("2", kind: "letter", in: database)
                try await eventually { try await JobQueue.counts(in: database).dead == 2 }
            }
            let rows = try await database.all(dead)
            #expect(rows == [["1", "no such street"], ["2", "busy"]])
        }
    }

    @Test func aVanishedRunnersJobIsRunAgainAfterItsLease() async throws {
        let vanish = Statement<Void, JobID, Double, Int>(
            "t.vanish",
            """
            UPDATE jobs SET status = 'running', attempts = $3,
                locked_until = now() + make_interval(secs => $2) WHERE id = $1
            """)
        try await withJobs { database, _ in
            let done = Collected<Job>()
            let buried = Collected<Int>()
            let runner = JobRunner(
                database, handlers: ["mail": { done.append($0) }],
                settings: Self.settings { $0.pollInterval = .milliseconds(20) },
                observe: { if case .buried(let count) = $0 { buried.append(count) } })
            let held = try await enqueue("1", in: database)
            try await database.execute(vanish, held, 3600, 1)
            let ended = try await enqueue("2", in: database)
            try await database.execute(vanish, ended, -1, 1)
            let exhausted = try await enqueue("3", attemptsMax: 2, in: database)
            try await database.execute(vanish, exhausted, -1, 2)
            try await running([runner]) {
                try await eventually { done.all.count == 1 && buried.all.count == 1 }
                #expect(done.all.first?.id == ended)
                #expect(done.all.first?.attempt == 2)
                let counts = try await JobQueue.counts(in: database)
                #expect(counts.dead == 1)
                try await eventually { try await JobQueue.counts(in: database).running == 1 }
                try await database.execute(vanish, held, -1, 1)
                try await eventually { done.all.count == 2 }
            }
            #expect(buried.all == [1])
        }
    }

    @Test func anOutcomeAfterTheLeaseTouchesNothing() async throws {
        let steal = Statement<Void>("t.steal", "UPDATE jobs SET attempts = attempts + 1")
        try await withJobs { database, _ in
            let lost = Collected<JobID>()
            let runner = JobRunner(
                database,
                handlers: [
                    "mail": { (_) throws(JobFailure) in
                        do throws(PostgresFailure) {
                            try await database.execute(steal)
                        } catch {
                            throw .permanent("could not steal")
                        }
                    }
                ], settings: Self.settings(),
                observe: { if case .leaseLost(let job) = $0 { lost.append(job.id) } })
            let id = try await enqueue("1", in: database)
            try await running([runner]) { try await eventually { lost.all.count == 1 } }
            #expect(lost.all == [id])
            let counts = try await JobQueue.counts(in: database)
            #expect(counts.running == 1)
        }
    }

    @Test func aHandlerIsCancelledBeforeItsLeaseEnds() async throws {
        try await withJobs { database, _ in
            let details = Collected<String>()
            let runner = JobRunner(
                database,
                handlers: [
                    "mail": { (_) throws(JobFailure) in
                        do {
                            try await Task.sleep(for: .seconds(3600))
                        } catch {
                            throw .temporary("cancelled")
                        }
                    }
                ], settings: Self.settings { $0.lease = .milliseconds(500) },
                observe: { if case .died(_, let detail) = $0 { details.append(detail) } })
            _ = try await enqueue("1", attemptsMax: 1, in: database)
            try await running([runner]) { try await eventually { details.all.count == 1 } }
            #expect(details.all == ["it took too long"])
        }
    }

    @Test func stoppingFinishesWhatIsInHandAndTakesNoMore() async throws {
        try await withJobs { database, _ in
            let (started, start) = AsyncStream<Void>.makeStream()
            let (gate, open) = AsyncStream<Void>.makeStream()
            let done = Collected<JobID>()
            let runner = JobRunner(
                database,
                handlers: [
                    "mail": { job in
                        start.yield()
                        for await _ in gate {}
                        done.append(job.id)
                    }
                ], settings: Self.settings { $0.concurrentJobsMax = 1 })
            let first = try await enqueue("1", in: database)
            let task = Task { await runner.run() }
            var iterator = started.makeAsyncIterator()
            _ = await iterator.next()
            runner.stop()
            _ = try await enqueue("2", in: database)
            open.finish()
            await task.value
            #expect(done.all == [first])
            let counts = try await JobQueue.counts(in: database)
            #expect(counts.pending == 1)
            #expect(counts.running == 0)
        }
    }

    @Test func aJobWaitsForItsTimeAndItsHandler() async throws {
        try await withJobs { database, _ in
            let done = Collected<String>()
            let runner = JobRunner(
                database, handlers: ["mail": { done.append($0.kind.name) }],
                settings: Self.settings { $0.pollInterval = .milliseconds(20) })
            try await database.transaction { transaction in
                try await JobQueue.enqueue(
                    in: transaction, kind: "mail", payload: JSONBytes("1"), runAt: .now + .seconds(3600))
                try await JobQueue.enqueue(in: transaction, kind: "letter", payload: JSONBytes("2"))
                try await JobQueue.enqueue(in: transaction, kind: "mail", payload: JSONBytes("3"))
            }
            try await running([runner]) {
                try await eventually { done.all.count == 1 }
                try await eventually { try await JobQueue.counts(in: database).running == 0 }
            }
            let counts = try await JobQueue.counts(in: database)
            #expect(counts.pending == 2)
            #expect(done.all == ["mail"])
        }
    }
}
