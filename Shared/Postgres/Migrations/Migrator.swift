internal import Primitives

/// Brings the schema of a database's `search_path` to where the program's list of migrations ends.
///
/// Each migration runs in a transaction of its own that first takes an advisory lock and then reads what is applied, so
/// that any number of migrators may run at once and each migration is applied once, in order. The table
/// `schema_migrations` in the same schema records number, name, SHA-256 of the text and time.
package struct Migrator: Sendable {
    private let database: Database
    private let migrations: [Migration]
    /// How long to wait while another migrator works.
    private let lockWait: Duration
    /// How long one statement of a migration may run.
    private let statementTimeout: Duration

    /// - Parameter database: connects as the schema's owner and names the schema in its configuration. For
    ///   `requireCurrent` and `plan` a role that may read the table is enough.
    package init(
        _ database: Database, _ migrations: [Migration], lockWait: Duration = .seconds(60),
        statementTimeout: Duration = .seconds(600)
    ) {
        self.database = database
        self.migrations = migrations
        self.lockWait = lockWait
        self.statementTimeout = statementTimeout
    }

    /// What is applied and what would be; changes nothing. Also the check for drift.
    package func plan() async throws(MigrationFailure) -> MigrationPlan {
        try checkNumbering()
        do {
            return try await database.plan(migrations)
        } catch let failure as MigrationFailure {
            throw failure
        } catch {
            throw .database(error.asPostgresFailure)
        }
    }

    /// Throws `.behind` where the schema is older than the program. A newer schema passes: the program that was there
    /// before must run on while its successor is rolled out.
    package func requireCurrent() async throws(MigrationFailure) {
        let pending: [Migration]
        do {
            pending = try await plan().pending
        } catch {
            if case .unknown = error { return }
            throw error
        }
        guard pending.isEmpty else { throw .behind(pending: pending.map(\.number)) }
    }

    /// Applies what is pending, in order, and returns it.
    package func migrate() async throws(MigrationFailure) -> [Migration] {
        try checkNumbering()
        var applied: [Migration] = []
        while let migration = try await applyNext() { applied.append(migration) }
        return applied
    }

    private func checkNumbering() throws(MigrationFailure) {
        for (index, migration) in migrations.enumerated() where migration.number != index + 1 {
            throw .numbering(expected: index + 1, number: migration.number)
        }
    }

    private func applyNext() async throws(MigrationFailure) -> Migration? {
        do {
            return try await database.transaction { (transaction) -> Migration? in
                try await prepare(transaction)
                guard let next = try await transaction.plan(migrations).pending.first else { return nil }
                do {
                    try await transaction.run(script: next.sql, name: "migration \(next.number)")
                } catch let failure as PostgresFailure {
                    throw MigrationFailure.refused(number: next.number, name: next.name, failure)
                }
                guard try await transaction.one(Self.holdsLock) else {
                    throw MigrationFailure.endedTransaction(number: next.number, name: next.name)
                }
                try await transaction.execute(Self.record, next.number, next.name, next.sql)
                return next
            }
        } catch let failure as MigrationFailure {
            throw failure
        } catch {
            throw .database(error.asPostgresFailure)
        }
    }

    /// Takes the lock and makes the table.
    private func prepare(_ transaction: Transaction) async throws {
        guard try await transaction.one(Self.schemaIsUsable) else { throw MigrationFailure.noSchema }
        let deadline = Deadline.after(lockWait)
        // Asked again and again instead of waited for, so that no statement outlives its timeout.
        while try await !transaction.one(Self.tryLock) {
            guard !deadline.hasPassed else { throw MigrationFailure.locked }
            try await Task.sleep(for: .milliseconds(50))
        }
        _ = try await transaction.one(Self.setTimeout, "\(statementTimeout.wholeMilliseconds)")
        guard try await !transaction.one(Schema.hasTable) else { return }
        try await transaction.run(script: Self.makeTable, name: "postgres.make-schema-migrations")
    }

    private static let schemaIsUsable = Statement<Bool>(
        "postgres.schema-is-usable", "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)")
    private static let tryLock = Statement<Bool>(
        "postgres.lock-migrations",
        "SELECT pg_try_advisory_xact_lock(hashtextextended('migrations of ' || current_schema(), 0))")
    private static let holdsLock = Statement<Bool>(
        "postgres.holds-migration-lock",
        "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())")
    private static let setTimeout = Statement<String, String>(
        "postgres.set-timeout", "SELECT set_config('statement_timeout', $1, true)")
    private static let record = Statement<Void, Int, String, String>(
        "postgres.record-migration",
        """
        INSERT INTO schema_migrations (number, name, checksum)
        VALUES ($1, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'))
        """)

    /// Default privileges would let the data-only role write here too.
    private static let makeTable = """
        CREATE TABLE schema_migrations (
            number bigint PRIMARY KEY,
            name text NOT NULL,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        );
        DO $$
        DECLARE other text;
        BEGIN
            FOR other IN
                SELECT DISTINCT grantee FROM information_schema.role_table_grants
                WHERE table_schema = current_schema() AND table_name = 'schema_migrations'
                    AND grantee <> current_user
            LOOP
                EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON schema_migrations FROM %I', other);
            END LOOP;
        END
        $$;
        """
}

/// What is known of a schema's migrations.
private enum Schema {
    static let hasTable = Statement<Bool>(
        "postgres.has-schema-migrations",
        """
        SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_migrations')
        """)
    static let applied = Statement<AppliedMigration>(
        "postgres.applied-migrations",
        "SELECT number, name, checksum, applied_at FROM schema_migrations ORDER BY number", AppliedMigration.init)
    static let checksums = Statement<String, [String]>(
        "postgres.checksums",
        """
        SELECT encode(sha256(convert_to(text, 'UTF8')), 'hex')
        FROM unnest($1) WITH ORDINALITY AS given (text, place) ORDER BY place
        """)
}

extension Session {
    fileprivate func plan(_ migrations: [Migration]) async throws -> MigrationPlan {
        guard try await one(Schema.hasTable) else { return MigrationPlan(applied: [], pending: migrations) }
        let applied = try await all(Schema.applied)
        let checksums = try await all(Schema.checksums, migrations.map(\.sql))
        for (index, migration) in applied.enumerated() {
            guard migration.number == index + 1 else { throw MigrationFailure.gap(missing: index + 1) }
            guard index < migrations.count else {
                throw MigrationFailure.unknown(number: migration.number, name: migration.name)
            }
            guard migration.checksum == checksums[index] else {
                throw MigrationFailure.changed(number: migration.number, name: migration.name)
            }
        }
        return MigrationPlan(applied: applied, pending: Array(migrations.dropFirst(applied.count)))
    }
}

extension Error {
    /// The driver's failure behind an error of a closure that throws nothing else but cancellation.
    fileprivate var asPostgresFailure: PostgresFailure {
        (self as? PostgresFailure) ?? PostgresFailure(.cancelled)
    }
}
