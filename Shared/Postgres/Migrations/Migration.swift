package import Primitives

/// One numbered step of a schema: applied once, never edited after.
package struct Migration: Sendable, Hashable {
    /// From 1, without gaps.
    package let number: Int
    package let name: String
    package let sql: String
    /// Whether the statements run one by one outside any transaction.
    package let runsAlone: Bool

    /// Statements that run in one transaction; they must not commit, and so cannot do what needs no transaction.
    package init(_ number: Int, _ name: String, _ sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
        runsAlone = false
    }

    /// Statements that refuse to run in a transaction, such as `CREATE INDEX CONCURRENTLY IF NOT EXISTS`. Where one
    /// fails, those before it stay, and all are run again: each must bear that.
    package init(_ number: Int, _ name: String, alone sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
        runsAlone = true
    }
}

/// A migration that the database has.
package struct AppliedMigration: Sendable, Hashable {
    package let number: Int
    package let name: String
    /// SHA-256 of its text, in hexadecimal.
    package let checksum: String
    package let appliedAt: Timestamp
}

/// What `Migrator.migrate()` would do.
package struct MigrationPlan: Sendable, Hashable {
    package let applied: [AppliedMigration]
    package let pending: [Migration]
}

/// Why a schema cannot be brought, or is not, to where this program needs it.
package enum MigrationFailure: Error, Sendable, CustomStringConvertible {
    /// The program's own list is not 1, 2, 3 …: `number` stands where `expected` should.
    case numbering(expected: Int, number: Int)
    /// The text of an applied migration is another one than was applied.
    case changed(number: Int, name: String)
    /// The database lacks a migration although it has a later one.
    case gap(missing: Int)
    /// The database has a migration that this program does not know: it is older than the schema.
    case unknown(number: Int, name: String)
    /// The schema is older than the program.
    case behind(pending: [Int])
    /// The configuration names no schema, or it does not exist, or is not for this role.
    case noSchema
    /// Another migrator held the lock all the time.
    case locked
    /// The migration's text ended the transaction it runs in.
    case endedTransaction(number: Int, name: String)
    /// A migration was refused and has been rolled back.
    case refused(number: Int, name: String, PostgresFailure)
    case database(PostgresFailure)

    package var description: String {
        switch self {
        case .numbering(let expected, let number): "migration \(number) stands where \(expected) should"
        case .changed(let number, let name): "migration \(number) (\(name)) was changed after it was applied"
        case .gap(let missing): "the database lacks migration \(missing) but has a later one"
        case .unknown(let number, let name): "the database has migration \(number) (\(name)), which is unknown here"
        case .behind(let pending): "the schema lacks the migrations \(pending.map(String.init).joined(separator: ", "))"
        case .noSchema: "the schema does not exist or is not for this role"
        case .locked: "another migration is running"
        case .endedTransaction(let number, let name): "migration \(number) (\(name)) ends its own transaction"
        case .refused(let number, let name, let failure): "migration \(number) (\(name)): \(failure)"
        case .database(let failure): failure.description
        }
    }
}
