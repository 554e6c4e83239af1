import Postgres
import Primitives
import TestKit
import Testing

/// Migrations of tables that others work with.
@Suite struct MigratorLockTests {
    private static let first = Migration(
        1, "things", "CREATE TABLE things (id bigint); INSERT INTO things SELECT generate_series(1, 100)")
    private static let index = Migration(
        2, "index", alone: "-- by id\nCREATE INDEX CONCURRENTLY IF NOT EXISTS things_by_id ON things (id);")
    private static let isValid = Statement<Bool>(
        "t.valid", "SELECT indisvalid FROM pg_index WHERE indexrelid = 'things_by_id'::regclass")
    private static let lockThings = Statement<Int>("t.lock", "SELECT count(*) FROM things WHERE id > 0")

    /// When the transactions began that wait to change a table.
    private static let waitingChanges = Statement<String>(
        "t.waiting",
        """
        SELECT xact_start::text FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE%'
        """)

    private func withThings(_ body: (Database, TestDatabase) async throws -> Void) async throws {
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE SCHEMA content")
            try await test.open(schema: "content") { database in
                _ = try await Migrator(database, [Self.first]).migrate()
                try await body(database, test)
            }
        }
    }

    @Test func anIndexIsMadeOutsideATransaction() async throws {
        try await withThings { database, _ in
            let applied = try await Migrator(database, [Self.first, Self.index]).migrate()
            #expect(applied == [Self.index])
            let plan = try await Migrator(database, [Self.first, Self.index]).plan()
            #expect(plan.pending == [])
            let isValid = try await database.one(Self.isValid)
            #expect(isValid)
            let after = Migration(3, "after", "ALTER TABLE things ADD note text")
            let rest = try await Migrator(database, [Self.first, Self.index, after]).migrate()
            #expect(rest == [after])
        }
    }

    @Test func whatABrokenOffMigrationLeftIsMadeAgain() async throws {
        try await withThings { database, test in
            // As a server that was killed in the middle leaves it.
            try await test.administer("CREATE INDEX things_by_id ON content.things (id)")
            try await test.administer(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'content.things_by_id'::regclass")
            _ = try await Migrator(database, [Self.first, Self.index]).migrate()
            let isValid = try await database.one(Self.isValid)
            #expect(isValid)
        }
    }

    @Test func manyMigratorsMakeAnIndexOnce() async throws {
        try await withThings { database, test in
            let applied = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        try await test.open(schema: "content") { other in
                            try await Migrator(other, [Self.first, Self.index]).migrate().count
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(applied == 1)
            let isValid = try await database.one(Self.isValid)
            #expect(isValid)
        }
    }

    @Test func aFailureNamesTheMigrationAndItMayBeTriedAgain() async throws {
        try await withThings { database, _ in
            let broken = Migration(2, "index", alone: "CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON nowhere (id)")
            await #expect {
                _ = try await Migrator(database, [Self.first, broken]).migrate()
            } throws: {
                "\($0)".hasPrefix("migration 2 (index): ")
            }
            let applied = try await Migrator(database, [Self.first, Self.index]).migrate()
            #expect(applied == [Self.index])
        }
    }

    /// A transaction that reads the table holds the change up; meanwhile others are not held up by the change for
    /// longer than it may wait.
    @Test func aTableInUseIsWaitedForInTurns() async throws {
        try await withThings { database, test in
            let change = Migration(2, "change", "ALTER TABLE things ADD note text")
            let migrator = Migrator(database, [Self.first, change], tableWait: .milliseconds(50))
            try await test.open(schema: "content") { other in
                let reading = AsyncStream.makeStream(of: Void.self)
                let migrated = try await withThrowingTaskGroup(of: [Migration].self) { group in
                    group.addTask {
                        try await other.transaction { transaction in
                            _ = try await transaction.one(Self.lockThings)
                            reading.continuation.finish()
                            // Longer than one turn of the migration takes: one that begins later was seen to wait.
                            var turns: Set<String> = []
                            try await eventually {
                                turns.formUnion(try await database.all(Self.waitingChanges))
                                return turns.count > 1
                            }
                        }
                        return []
                    }
                    for await _ in reading.stream {}
                    group.addTask { try await migrator.migrate() }
                    // Not stuck behind the change: it lets go again and again.
                    for _ in 0..<5 { _ = try await test.open(schema: "content") { try await $0.one(Self.lockThings) } }
                    return try await group.reduce([], +)
                }
                #expect(migrated == [change])
            }
        }
    }
}
