internal import Primitives

/// The SQL of migrators. All in one schema take the same advisory lock, for a transaction or for a session.
enum MigrationStatements {
    static let schemaIsUsable = Statement<Bool>(
        "postgres.schema-is-usable", "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)")

    static let tryLock = Statement<Bool>(
        "postgres.lock-migrations",
        "SELECT pg_try_advisory_xact_lock(hashtextextended('migrations of ' || current_schema(), 0))")

    static let tryLockSession = Statement<Bool>(
        "postgres.lock-migrations-alone",
        "SELECT pg_try_advisory_lock(hashtextextended('migrations of ' || current_schema(), 0))")

    static let holdsLock = Statement<Bool>(
        "postgres.holds-migration-lock",
        "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())")

    /// `$3`: for the transaction only.
    static let setTimeout = Statement<String, String, String, Bool>(
        "postgres.set-timeout", "SELECT set_config($1, $2, $3)")

    static let record = Statement<Void, Int, String, String>(
        "postgres.record-migration",
        """
        INSERT INTO schema_migrations (number, name, checksum)
        VALUES ($1, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'))
        """)

    /// Whether an index of this name is there and cannot be used.
    static let isBroken = Statement<Bool, String>(
        "postgres.index-is-broken",
        """
        SELECT EXISTS (
            SELECT 1 FROM pg_class AS c JOIN pg_index AS i ON i.indexrelid = c.oid
            WHERE c.relname = $1 AND c.relnamespace = current_schema()::regnamespace AND NOT i.indisvalid)
        """)

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

    /// Default privileges would let the data-only role write here too.
    static let makeTable = """
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
