import Postgres
import Primitives
import TestKit
import Testing

@Suite struct TransactionTests {
    private struct Refused: Error {}

    private static let insert = Statement<Void, Int>("t.insert", "INSERT INTO things (id) VALUES ($1)")
    private static let count = Statement<Int>("t.count", "SELECT count(*) FROM things")
    private static let sum = Statement<Int>("t.sum", "SELECT coalesce(sum(id), 0)::int8 FROM things")
    private static let sleep = Statement<Bool, Double>("t.sleep", "SELECT pg_sleep($1) IS NOT NULL")
    private static let backend = Statement<Int32>("t.backend", "SELECT pg_backend_pid()")

    private func withTable(
        _ adjust: @escaping (inout PostgresConfiguration) -> Void = { _ in },
        _ body: (Database, TestDatabase) async throws -> Void
    ) async throws {
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE TABLE things (id bigint PRIMARY KEY)")
            try await test.open(adjust) { database in try await body(database, test) }
        }
    }

    @Test func whatReturnsIsCommittedAndWhatThrowsIsNot() async throws {
        try await withTable { database, _ in
            let seen = try await database.transaction { transaction in
                try await transaction.execute(Self.insert, 1)
                try await transaction.execute(Self.insert, 2)
                let outside = try await database.one(Self.count)
                #expect(outside == 0)
                return try await transaction.one(Self.count)
            }
            #expect(seen == 2)
            await #expect(throws: Refused.self) {
                try await database.transaction { transaction in
                    try await transaction.execute(Self.insert, 3)
                    throw Refused()
                }
            }
            let count = try await database.one(Self.count)
            #expect(count == 2)
            try await database.transaction { _ in }
        }
    }

    @Test func aSwallowedErrorCannotPassAsACommit() async throws {
        try await withTable { database, _ in
            do {
                try await database.transaction { transaction in
                    try await transaction.execute(Self.insert, 1)
                    _ = try? await transaction.execute(Self.insert, 1)
                }
                Issue.record("it was reported as committed")
            } catch let failure as PostgresFailure {
                #expect(failure.kind == .transactionAborted)
            }
            let count = try await database.one(Self.count)
            #expect(count == 0)
        }
    }

    @Test func aFailureOfTheFirstStatementNeverRunsOutsideTheTransaction() async throws {
        try await withTable { database, _ in
            await #expect(throws: PostgresFailure.self) {
                try await database.transaction { transaction in
                    _ = try? await transaction.one(Statement<Int>("t.broken", "SELECT nothing FROM nowhere"))
                    try await transaction.execute(Self.insert, 1)
                }
            }
            let count = try await database.one(Self.count)
            #expect(count == 0)
        }
    }

    @Test func aTransactionEndsWithItsClosure() async throws {
        try await withTable { database, _ in
            let escaped = try await database.transaction { transaction in transaction }
            do {
                try await escaped.execute(Self.insert, 1)
                Issue.record("it ran after the end")
            } catch let error as PostgresFailure {
                #expect(error.kind == .transactionEnded)
            }
        }
    }

    @Test func serializableTransactionsThatCollideAreRepeated() async throws {
        try await withTable { database, _ in
            let runs = Collected<Void>()
            let read = Collected<Void>()
            // Each adds what it sees plus one: only one order of runs is right, so that a lost update would show.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await database.transaction(isolation: .serializable, attemptsMax: 50) { transaction in
                            runs.append(())
                            let sum = try await transaction.one(Self.sum)
                            // All have read before the first one writes.
                            read.append(())
                            try await eventually { read.all.count >= 4 }
                            try await transaction.execute(Self.insert, sum + 1)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let sum = try await database.one(Self.sum)
            #expect(sum == 1 + 2 + 4 + 8)
            #expect(runs.all.count > 4)
        }
    }

    @Test func aReadOnlySnapshotCannotWriteAndDoesNotMove() async throws {
        try await withTable { database, _ in
            try await database.transaction(isolation: .readOnlySnapshot) { transaction in
                let before = try await transaction.one(Self.count)
                try await database.execute(Self.insert, 1)
                let after = try await transaction.one(Self.count)
                #expect(before == after)
            }
            await #expect(throws: PostgresFailure.self) {
                try await database.transaction(isolation: .readOnlySnapshot) { transaction in
                    try await transaction.execute(Self.insert, 2)
                }
            }
        }
    }

    @Test func cancellingATaskCancelsOnTheServerAndRollsBack() async throws {
        try await withTable { database, test in
            let (backends, tell) = AsyncStream<Int32>.makeStream()
            let task = Task {
                try await database.transaction { transaction in
                    try await transaction.execute(Self.insert, 1)
                    tell.yield(try await transaction.one(Self.backend))
                    _ = try await transaction.one(Self.sleep, 600)
                }
            }
            var iterator = backends.makeAsyncIterator()
            let backend = try #require(await iterator.next())
            let isSleeping = Statement<Bool, Int32>(
                "t.is-sleeping",
                "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep')")
            try await eventually { try await database.one(isSleeping, backend) }
            task.cancel()
            do {
                try await task.value
                Issue.record("it slept on")
            } catch let failure as PostgresFailure {
                #expect(failure.kind == .cancelled)
            }
            // Ten minutes of sleep would outlast any patience; the server drops it because it was cancelled.
            try await eventually { try await !database.one(isSleeping, backend) }
            let count = try await database.one(Self.count)
            #expect(count == 0)
            try await database.transaction { transaction in try await transaction.execute(Self.insert, 2) }
        }
    }

    @Test func leasesAreBoundedFairAndWaitNoLongerThanTheyMay() async throws {
        let adjust: (inout PostgresConfiguration) -> Void = {
            $0.leasedConnectionsMax = 2
            $0.waitingLeasesMax = 3
            $0.leaseWait = .seconds(2)
        }
        try await withTable(adjust) { database, _ in
            let (gate, open) = AsyncStream<Void>.makeStream()
            let kinds = Collected<PostgresFailure.Kind>()
            await withTaskGroup(of: Void.self) { group in
                for holder in 0..<2 {
                    group.addTask {
                        try? await database.transaction { transaction in
                            try await transaction.execute(Self.insert, holder)
                            for await _ in gate {}
                        }
                    }
                }
                try? await eventually { database.statistics.leasesInUse == 2 }
                await withTaskGroup(of: Void.self) { waiters in
                    for _ in 0..<5 {
                        waiters.addTask {
                            do {
                                try await database.transaction { _ in }
                            } catch let failure as PostgresFailure {
                                kinds.append(failure.kind)
                            } catch {
                                Issue.record(error)
                            }
                        }
                    }
                }
                #expect(database.statistics.leasesInUse == 2)
                open.finish()
            }
            let refused = kinds.all
            #expect(refused.count { $0 == .tooManyWaiters } == 2)
            #expect(refused.count { $0 == .timeout } == 3)
            try await database.transaction { transaction in try await transaction.execute(Self.insert, 10) }
            let count = try await database.one(Self.count)
            #expect(count == 3)
        }
    }

    @Test func manyTransactionsShareFewConnections() async throws {
        try await withTable({ $0.leasedConnectionsMax = 3 }) { database, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        try await database.transaction { transaction in
                            try await transaction.execute(Self.insert, number)
                            #expect(database.statistics.leasesInUse <= 3)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let count = try await database.one(Self.count)
            #expect(count == 60)
        }
    }
}
