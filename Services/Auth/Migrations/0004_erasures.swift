internal import Postgres

extension AuthMigrations {
    /// The ids of accounts that are no more.
    static let erasures = Migration(
        4, "erasures",
        """
        -- Nothing of an erased account stays but its id, which no account gets again. The audit goes on naming it.
        CREATE TABLE erased_accounts (
            id uuid PRIMARY KEY,
            erased_at timestamptz NOT NULL
        );
        """)
}
