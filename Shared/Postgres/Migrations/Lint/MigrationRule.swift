/// What a migration of a database in use must not do, unless it says why it may.
package enum MigrationRule: String, Sendable, CaseIterable {
    case drop
    case rename
    case rewrite
    case notNull = "not-null"
    case indexLock = "index-lock"
    case constraintScan = "constraint-scan"
    case wholeTable = "whole-table"
    case lockTable = "lock-table"
    case timeout
    case block
    case alone
    case allowance

    /// What is wrong with it, and what to do instead.
    package var advice: String {
        switch self {
        case .drop: "the release before still uses what is dropped: stop using it first, drop it one release later"
        case .rename: "the release before knows the old name: add the new one beside it"
        case .rewrite: "the whole table is written anew while nobody can use it: add a column and fill it in batches"
        case .notNull:
            "rows that are there, or that the release before writes, have no value: give a default, or first add a "
                + "check NOT VALID"
        case .indexLock:
            "nobody can write to the table meanwhile: use CREATE INDEX CONCURRENTLY in a migration that runs alone"
        case .constraintScan:
            "the whole table is read while nobody can write to it: add it NOT VALID, and validate it in a later "
                + "migration"
        case .wholeTable: "the rows stay locked until the migration ends: let a job do it in batches"
        case .lockTable: "everyone waits until the migration ends"
        case .timeout: "the migrator bounds how long a statement runs and waits for a lock"
        case .block: "what a DO block does is not checked"
        case .alone:
            "a migration that runs alone holds only CREATE and DROP INDEX CONCURRENTLY with IF [NOT] EXISTS, and "
                + "nothing else may run concurrently"
        case .allowance: "it allows what is not there, names no rule, or gives no reason"
        }
    }
}

/// A place in a migration where it does what it should not.
package struct MigrationFinding: Sendable, Hashable, CustomStringConvertible {
    package let migration: Int
    package let name: String
    /// In the migration's text, from 1.
    package let line: Int
    package let rule: MigrationRule
    /// The words that do it: `alter table notes drop column body`.
    package let excerpt: String
    /// Why it may; nil where no comment says so.
    package let reason: String?

    package var description: String {
        "migration \(migration) (\(name)), line \(line), \(rule.rawValue): \(excerpt): "
            + (reason.map { "allowed: \($0)" } ?? rule.advice)
    }
}
