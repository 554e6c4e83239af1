internal import Primitives

/// Brings the schema of a database's `search_path` to where the program's list of migrations ends.
///
/// Each migration runs in a transaction of its own that first takes an advisory lock and then reads what is applied, so
/// that any number of migrators may run at once and each migration is applied once, in order. One that runs alone holds
/// the same lock for its session instead. The table `schema_migrations` in the same schema records number, name,
/// SHA-256 of the text and time.
///
/// While a migration waits for a lock on a table in use, everyone else queues behind it. So it gives up after
/// `tableWait`, is rolled back, and tries again.
package struct Migrator: Sendable {
    private let database: Database
    private let migrations: [Migration]
    /// How long to wait while another migrator works.
    private let lockWait: Duration
    /// How long one statement of a migration may run.
    private let statementTimeout: Duration
    /// How long a statement of a migration may wait for a lock on a table.
    private let tableWait: Duration
    /// How often a migration is tried that waits for a table in vain.
    private static let attemptsMax = 20
    /// How often it is asked whether another migrator is done.
    private static let lockPoll = Duration.milliseconds(50)

    /// - Parameter database: connects as the schema's owner and names the schema in its configuration. For
    ///   `requireCurrent` and `plan` a role that may read the table is enough.
    package init(
        _ database: Database, _ migrations: [Migration], lockWait: Duration = .seconds(60),
        statementTimeout: Duration = .seconds(600), tableWait: Duration = .seconds(2)
    ) {
        self.database = database
        self.migrations = migrations
        self.lockWait = lockWait
        self.statementTimeout = statementTimeout
        self.tableWait = tableWait
    }

    /// What is applied and what would be; changes nothing. Also the check for drift.
    package func plan() async throws(MigrationFailure) -> MigrationPlan {
        try checkNumbering()
        return try await translated { try await database.plan(migrations) }
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

    private enum Step {
        case applied(Migration)
        /// Left to be applied outside the transaction that found it.
        case alone(Migration)
        /// Another migrator works.
        case locked
        case none
    }

    private func applyNext() async throws(MigrationFailure) -> Migration? {
        let deadline = Deadline.after(lockWait)
        var attempt = 1
        while true {
            do throws(MigrationFailure) {
                switch try await applyInTransaction() {
                case .applied(let migration): return migration
                case .alone(let migration): if try await applyAlone(migration) { return migration }
                case .locked:
                    guard !deadline.hasPassed else { throw MigrationFailure.locked }
                    try? await Task.sleep(for: Self.lockPoll)
                case .none: return nil
                }
            } catch {
                guard attempt < Self.attemptsMax, error.isTableWait else { throw error }
                attempt += 1
                // Those who queued behind the table go first.
                try? await Task.sleep(for: .milliseconds(Int.random(in: 100...500)))
            }
        }
    }

    private func applyInTransaction() async throws(MigrationFailure) -> Step {
        try await translated {
            try await database.transaction { (transaction) -> Step in
                guard try await prepare(transaction) else { return .locked }
                guard let next = try await transaction.plan(migrations).pending.first else { return .none }
                guard !next.runsAlone else { return .alone(next) }
                do {
                    try await transaction.run(script: next.sql, name: "migration \(next.number)")
                } catch let failure as PostgresFailure {
                    throw MigrationFailure.refused(number: next.number, name: next.name, failure)
                }
                guard try await transaction.one(MigrationStatements.holdsLock) else {
                    throw MigrationFailure.endedTransaction(number: next.number, name: next.name)
                }
                try await transaction.execute(MigrationStatements.record, next.number, next.name, next.sql)
                return .applied(next)
            }
        }
    }

    /// - Returns: false where another migrator was faster.
    private func applyAlone(_ migration: Migration) async throws(MigrationFailure) -> Bool {
        try await translated {
            try await database.withSession { session in
                let deadline = Deadline.after(lockWait)
                while try await !session.one(MigrationStatements.tryLockSession) {
                    guard !deadline.hasPassed else { throw MigrationFailure.locked }
                    try await Task.sleep(for: Self.lockPoll)
                }
                _ = try await session.one(
                    MigrationStatements.setTimeout, "statement_timeout", "\(statementTimeout.wholeMilliseconds)", false)
                guard try await session.plan(migrations).pending.first == migration else { return false }
                do {
                    for statement in SQLScript(migration.sql).statements {
                        try await run(statement, of: migration, session)
                    }
                } catch let failure as PostgresFailure {
                    throw MigrationFailure.refused(number: migration.number, name: migration.name, failure)
                }
                try await session.execute(
                    MigrationStatements.record, migration.number, migration.name, migration.sql)
                return true
            }
        }
    }

    /// An index whose making was broken off is there, but not valid: it goes before it is made again.
    private func run(
        _ statement: SQLScript.Statement, of migration: Migration, _ session: AutocommitSession
    ) async throws {
        let name = "migration \(migration.number)"
        if statement.createsIndex, let index = statement.nameAfter("index"),
            try await session.one(MigrationStatements.isBroken, index)
        {
            try await session.run(script: "DROP INDEX CONCURRENTLY \(SQLQuote.identifier(index))", name: name)
        }
        try await session.run(script: statement.text, name: name)
    }

    private func translated<Result>(
        _ work: () async throws -> Result
    ) async throws(MigrationFailure) -> Result {
        do {
            return try await work()
        } catch let failure as MigrationFailure {
            throw failure
        } catch {
            throw .database(error.asPostgresFailure)
        }
    }

    /// Takes the lock and makes the table.
    ///
    /// - Returns: false where another migrator has the lock. It is never waited for in a transaction: an index that is
    ///   made concurrently waits for the transactions of others.
    private func prepare(_ transaction: Transaction) async throws -> Bool {
        guard try await transaction.one(MigrationStatements.schemaIsUsable) else { throw MigrationFailure.noSchema }
        guard try await transaction.one(MigrationStatements.tryLock) else { return false }
        for (name, wait) in [("statement_timeout", statementTimeout), ("lock_timeout", tableWait)] {
            _ = try await transaction.one(MigrationStatements.setTimeout, name, "\(wait.wholeMilliseconds)", true)
        }
        if try await !transaction.one(MigrationStatements.hasTable) {
            try await transaction.run(
                script: MigrationStatements.makeTable, name: "postgres.make-schema-migrations")
        }
        return true
    }
}

extension Session {
    fileprivate func plan(_ migrations: [Migration]) async throws -> MigrationPlan {
        guard try await one(MigrationStatements.hasTable) else {
            return MigrationPlan(applied: [], pending: migrations)
        }
        let applied = try await all(MigrationStatements.applied)
        let checksums = try await all(MigrationStatements.checksums, migrations.map(\.sql))
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

extension MigrationFailure {
    /// A table was in use for longer than the migration may wait: nothing is changed, and it may be tried again.
    fileprivate var isTableWait: Bool {
        switch self {
        case .refused(_, _, let failure), .database(let failure): failure.sqlState == .lockNotAvailable
        default: false
        }
    }
}

extension Error {
    /// The driver's failure behind an error of a closure that throws nothing else but cancellation.
    fileprivate var asPostgresFailure: PostgresFailure {
        (self as? PostgresFailure) ?? PostgresFailure(.cancelled)
    }
}
