import Postgres
import Primitives
import TestKit
import Testing

@Suite struct MigratorTests {
    private static let list = [
        Migration(1, "things", "CREATE TABLE things (id bigint PRIMARY KEY);"),
        Migration(2, "notes", "ALTER TABLE things ADD note text; INSERT INTO things (id, note) VALUES (1, 'é;$$');"),
        Migration(3, "index", "CREATE INDEX things_by_note ON things (note);"),
    ]

    private func withSchema(_ body: (Database, TestDatabase) async throws -> Void) async throws {
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE SCHEMA content")
            try await test.open(schema: "content") { database in try await body(database, test) }
        }
    }

    private func failure<Value>(of body: () async throws(MigrationFailure) -> Value) async -> String {
        do {
            _ = try await body()
            return "nothing was thrown"
        } catch {
            return error.description
        }
    }

    @Test func migrationsRunInOrderOnceAndAreRecorded() async throws {
        try await withSchema { database, _ in
            let first = try await Migrator(database, Array(Self.list.prefix(2))).migrate()
            #expect(first.map(\.number) == [1, 2])
            let rest = try await Migrator(database, Self.list).migrate()
            #expect(rest.map(\.number) == [3])
            let none = try await Migrator(database, Self.list).migrate()
            #expect(none.isEmpty)
            let plan = try await Migrator(database, Self.list).plan()
            #expect(plan.pending.isEmpty)
            #expect(plan.applied.map(\.name) == ["things", "notes", "index"])
            // SHA-256 of the text, computed elsewhere.
            #expect(
                plan.applied.first?.checksum == "67a4d5818c189277a81b4b4b693fef49a64bca54f53c412b03ce078d89778851")
            let note = try await database.one(Statement<String>("t.note", "SELECT note FROM things"))
            #expect(note == "é;$$")
        }
    }

    @Test func aDryRunChangesNothing() async throws {
        try await withSchema { database, _ in
            let plan = try await Migrator(database, Self.list).plan()
            #expect(plan.pending == Self.list)
            let tables = Statement<Int>("t.tables", "SELECT count(*) FROM pg_tables WHERE schemaname = 'content'")
            let count = try await database.one(tables)
            #expect(count == 0)
        }
    }

    @Test func anOlderSchemaIsRefusedAndANewerOneServes() async throws {
        try await withSchema { database, _ in
            let empty = await failure { () async throws(MigrationFailure) in
                try await Migrator(database, Self.list).requireCurrent()
            }
            #expect(empty == "the schema lacks the migrations 1, 2, 3")
            _ = try await Migrator(database, Array(Self.list.prefix(2))).migrate()
            let older = await failure { () async throws(MigrationFailure) in
                try await Migrator(database, Self.list).requireCurrent()
            }
            #expect(older == "the schema lacks the migrations 3")
            try await Migrator(database, Array(Self.list.prefix(2))).requireCurrent()
            try await Migrator(database, Array(Self.list.prefix(1))).requireCurrent()
            let unknown = await failure { () async throws(MigrationFailure) in
                try await Migrator(database, Array(Self.list.prefix(1))).migrate()
            }
            #expect(unknown == "the database has migration 2 (notes), which is unknown here")
        }
    }

    @Test func anEditedMigrationIsNamed() async throws {
        try await withSchema { database, _ in
            _ = try await Migrator(database, Array(Self.list.prefix(2))).migrate()
            var edited = Self.list
            edited[0] = Migration(1, "things", "CREATE TABLE things (id int PRIMARY KEY);")
            let changed = await failure { () async throws(MigrationFailure) in
                try await Migrator(database, edited).migrate()
            }
            #expect(changed == "migration 1 (things) was changed after it was applied")
            let startup = await failure { () async throws(MigrationFailure) in
                try await Migrator(database, edited).requireCurrent()
            }
            #expect(startup == changed)
        }
    }

    @Test func gapsAreFoundInTheListAndInTheDatabase() async throws {
        try await withSchema { database, test in
            let list = await failure { () async throws(MigrationFailure) in
                try await Migrator(database, [Self.list[0], Self.list[2]]).migrate()
            }
            #expect(list == "migration 3 stands where 2 should")
            _ = try await Migrator(database, Self.list).migrate()
            try await test.administer("DELETE FROM content.schema_migrations WHERE number = 2")
            let gap = await failure { () async throws(MigrationFailure) in
                try await Migrator(database, Self.list).plan()
            }
            #expect(gap == "the database lacks migration 2 but has a later one")
        }
    }

    @Test func aFailingMigrationLeavesNothingAndKeepsWhatCameBefore() async throws {
        try await withSchema { database, _ in
            let broken = Migration(2, "broken", "CREATE TABLE half (id int); SELECT nothing FROM nowhere;")
            let refused = await failure { () async throws(MigrationFailure) in
                try await Migrator(database, [Self.list[0], broken]).migrate()
            }
            #expect(refused.hasPrefix("migration 2 (broken): "))
            let ended = await failure { () async throws(MigrationFailure) in
                try await Migrator(database, [Self.list[0], Migration(2, "ends", "SELECT 1; COMMIT;")]).migrate()
            }
            #expect(ended == "migration 2 (ends) ends its own transaction")
            let plan = try await Migrator(database, Self.list).plan()
            #expect(plan.applied.map(\.number) == [1])
            let half = try await database.one(Statement<Bool>("t.half", "SELECT to_regclass('half') IS NULL"))
            #expect(half)
        }
    }

    @Test func manyMigratorsAtOnceApplyEachOnce() async throws {
        try await withSchema { database, test in
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await test.open(schema: "content") { other in
                            try await Migrator(other, Self.list).migrate().map(\.number)
                        }
                    }
                }
                return try await group.reduce([], +)
            }
            #expect(applied.sorted() == [1, 2, 3])
            try await Migrator(database, Self.list).requireCurrent()
        }
    }

    @Test func aHeldLockIsWaitedForOnlySoLong() async throws {
        try await withSchema { database, test in
            let lock = Statement<Bool>(
                "t.lock",
                "SELECT pg_try_advisory_xact_lock(hashtextextended('migrations of ' || current_schema(), 0))")
            try await test.open(schema: "content") { other in
                try await other.transaction { transaction in
                    let held = try await transaction.one(lock)
                    #expect(held)
                    let locked = await failure { () async throws(MigrationFailure) in
                        try await Migrator(database, Self.list, lockWait: .milliseconds(60)).migrate()
                    }
                    #expect(locked == "another migration is running")
                }
            }
            let applied = try await Migrator(database, Self.list).migrate()
            #expect(applied.count == 3)
        }
    }

    @Test func aMissingSchemaIsNamed() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.open(schema: "absent") { database in
                let missing = await failure { () async throws(MigrationFailure) in
                    try await Migrator(database, Self.list).migrate()
                }
                #expect(missing == "the schema does not exist or is not for this role")
            }
        }
    }
}
