internal import Postgres

extension Migration {
    static let profiles = Migration(
        1, "profiles",
        """
        CREATE TABLE profiles (
            -- The account's id, made by auth.
            id uuid PRIMARY KEY,
            handle text NOT NULL CONSTRAINT profiles_handle_key UNIQUE
                CHECK (handle ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(handle) BETWEEN 3 AND 32),
            display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 80),
            bio text NOT NULL CHECK (length(bio) <= 1000),
            avatar_url text,
            locale text NOT NULL,
            time_zone text NOT NULL,
            version bigint NOT NULL CHECK (version >= 1),
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL
        );
        """)
}
