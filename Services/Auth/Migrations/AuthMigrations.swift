internal import Ledger
package import Postgres

/// The schema `auth`, step by step. Steps are never edited once a release has them.
package enum AuthMigrations {
    package static let all = [accounts, Migration(2, "jobs", JobQueue.migrationSQL)]
}
