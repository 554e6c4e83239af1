internal import Ledger
package import Postgres

/// The schema `auth`, step by step. Steps are never edited once a release has them.
package enum AuthMigrations {
    package static let all = [
        accounts, Migration(2, "jobs", JobQueue.migrationSQL), Migration(3, "outbox", Outbox.migrationSQL), erasures,
        Migration(5, "job-keys", JobQueue.keysMigrationSQL),
        Migration(6, "idempotency", IdempotencyLedger.migrationSQL),
        Migration(7, "sessions-of-account", alone: sessionsOfAccount), apiKeys,
    ]

    /// `sessions_live` knows the live ones only: without this, deleting an account reads every session.
    private static let sessionsOfAccount = """
        CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_by_account ON sessions (account)
        """
}
