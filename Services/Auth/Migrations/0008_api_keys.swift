internal import Postgres

extension AuthMigrations {
    /// Keys by which programs call as their owners.
    static let apiKeys = Migration(
        8, "api-keys",
        """
        CREATE TABLE api_keys (
            id uuid PRIMARY KEY,
            account uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
            -- Under which processes know the calls by this key, as they know other calls by their session: a new one
            -- whenever the secret, the scopes or the ranges are new, and the old one is then revoked.
            grant_id uuid NOT NULL,
            name text NOT NULL,
            -- The part of the key that is no secret.
            prefix text NOT NULL,
            key_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(key_sha256) = 32),
            scopes text[] NOT NULL CHECK (array_position(scopes, NULL) IS NULL),
            -- Networks that it may be used from; empty for any.
            allowed_cidrs text[] NOT NULL CHECK (array_position(allowed_cidrs, NULL) IS NULL),
            version bigint NOT NULL DEFAULT 1 CHECK (version > 0),
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            last_used_at timestamptz
        );
        CREATE INDEX api_keys_by_account ON api_keys (account, created_at);
        """)
}
