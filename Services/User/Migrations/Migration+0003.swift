internal import Postgres

extension Migration {
    static let standings = Migration(
        3, "standings",
        """
        -- Whether a profile is kept from all but its owner.
        ALTER TABLE profiles ADD COLUMN hidden boolean NOT NULL DEFAULT false;

        -- What is known of accounts' standing. Whoever makes, hides or erases a profile locks the account's row first,
        -- so that none comes back that was erased. A profile that is older than this table has no row until then.
        CREATE TABLE standings (
            account uuid PRIMARY KEY,
            standing text NOT NULL CHECK (standing IN ('active', 'disabled', 'erased')),
            -- Of the change that is followed: an earlier one, heard later, has a smaller one.
            epoch bigint NOT NULL
        );
        """)
}
