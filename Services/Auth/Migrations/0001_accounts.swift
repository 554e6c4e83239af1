internal import Postgres

extension AuthMigrations {
    /// Accounts and all that belongs to them.
    static let accounts = Migration(1, "accounts", accountTables + keyTables + auditTables)

    private static let accountTables = """
        CREATE TABLE accounts (
            id uuid PRIMARY KEY,
            -- As it was typed; mail is sent to this.
            email text NOT NULL CHECK (octet_length(email) BETWEEN 3 AND 254),
            -- In lower case: what accounts are told apart by.
            email_key text NOT NULL CONSTRAINT accounts_email_key_unique UNIQUE,
            email_verified_at timestamptz,
            display_name text,
            locale text,
            roles text[] NOT NULL CHECK (array_position(roles, NULL) IS NULL),
            status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
            -- Access tokens of a smaller epoch are refused: signing out everywhere raises it.
            epoch bigint NOT NULL DEFAULT 1 CHECK (epoch > 0),
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL
        );

        CREATE TABLE credentials (
            account uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
            -- The PHC string of the password in a sealed box of purpose `pepper`, whose associated data is the
            -- account id as 16 bytes.
            password bytea NOT NULL,
            -- Too many failures in a row: no password is right until it is reset.
            disabled_at timestamptz,
            changed_at timestamptz NOT NULL
        );

        -- The passwords that an address was registered with before it was verified, sealed as in credentials: the one
        -- that stands with the newest mailed link becomes the account's when that link is followed.
        CREATE TABLE registrations (
            account uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
            made_at timestamptz NOT NULL,
            password bytea NOT NULL,
            PRIMARY KEY (account, made_at)
        );

        -- One row per session, whatever the number of its tokens.
        CREATE TABLE sessions (
            id uuid PRIMARY KEY,
            account uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
            -- Of the newest refresh token, 1 for that of the sign-in; the token itself is a function of both.
            generation bigint NOT NULL DEFAULT 1 CHECK (generation > 0),
            rotated_at timestamptz NOT NULL,
            -- Whether the newest refresh token is known to have reached its client.
            confirmed boolean NOT NULL DEFAULT false,
            -- When the token before it was taken once more, long after the rotation.
            replayed_at timestamptz,
            -- SHA-256 over the client that the newest refresh token was made for.
            client_binding bytea NOT NULL CHECK (octet_length(client_binding) = 32),
            client_id text NOT NULL,
            methods text[] NOT NULL,
            authenticated_at timestamptz NOT NULL,
            device_label text,
            ip text,
            user_agent text,
            created_at timestamptz NOT NULL,
            last_seen_at timestamptz NOT NULL,
            idle_expires_at timestamptz NOT NULL,
            absolute_expires_at timestamptz NOT NULL,
            revoked_at timestamptz,
            revoked_reason text,
            CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
        );
        CREATE INDEX sessions_live ON sessions (account, last_seen_at) WHERE revoked_at IS NULL;
        CREATE INDEX sessions_end ON sessions (absolute_expires_at);

        -- Secrets of mailed links: the newest of each kind only, so one row for each kind and account.
        CREATE TABLE one_time_links (
            account uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
            kind text NOT NULL,
            token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
            -- The address that the link was mailed to, and so the only one that it verifies.
            email_key text NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            used_at timestamptz,
            PRIMARY KEY (account, kind)
        );

        -- What was revoked before its tokens ran out. Truth is here; Redis carries it to every process.
        CREATE TABLE revocations (
            id uuid PRIMARY KEY,
            session uuid,
            account uuid,
            epoch bigint,
            revoked_at timestamptz NOT NULL,
            -- NULL until it was appended to the stream.
            published_at timestamptz,
            CHECK ((session IS NULL) <> (account IS NULL)),
            CHECK ((account IS NULL) = (epoch IS NULL))
        );
        CREATE INDEX revocations_by_time ON revocations (revoked_at);
        CREATE INDEX revocations_unpublished ON revocations (revoked_at) WHERE published_at IS NULL;

        """

    private static let keyTables = """
        CREATE TABLE signing_keys (
            -- RFC 7638 thumbprint.
            kid text PRIMARY KEY,
            x bytea NOT NULL CHECK (octet_length(x) = 32),
            y bytea NOT NULL CHECK (octet_length(y) = 32),
            -- The private scalar in a sealed box of purpose `signing key`, whose associated data is the kid; NULL once
            -- the key is retired.
            private_key bytea,
            created_at timestamptz NOT NULL,
            published_at timestamptz NOT NULL,
            active_at timestamptz NOT NULL CHECK (active_at >= published_at),
            retired_at timestamptz,
            CHECK ((private_key IS NULL) = (retired_at IS NOT NULL))
        );

        """

    /// What `AuditRow` hashes; see there for the encoding.
    private static let auditTables = """
        CREATE TABLE audit (
            sequence bigint NOT NULL CHECK (sequence > 0),
            at timestamptz NOT NULL,
            actor uuid,
            subject uuid,
            action text NOT NULL,
            outcome text NOT NULL,
            request_id text NOT NULL,
            address text,
            -- An object of texts.
            detail jsonb NOT NULL,
            previous bytea NOT NULL CHECK (octet_length(previous) = 32),
            hash bytea NOT NULL CHECK (octet_length(hash) = 32),
            PRIMARY KEY (sequence, at)
        ) PARTITION BY RANGE (at);
        CREATE INDEX audit_by_subject ON audit (subject, at);

        -- A partition for each month of the first years; the default takes what lies outside.
        CREATE TABLE audit_default PARTITION OF audit DEFAULT;
        DO $$
        DECLARE month date;
        BEGIN
            FOR month IN SELECT generate_series(date '2026-01-01', date '2030-12-01', interval '1 month')::date LOOP
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF audit FOR VALUES FROM (%L) TO (%L)',
                    'audit_' || to_char(month, 'YYYY_MM'), month || ' 00:00:00+00',
                    (month + interval '1 month')::date || ' 00:00:00+00');
            END LOOP;
        END
        $$;

        -- Where the chain ends. Its lock puts writers of the chain in a row.
        CREATE TABLE audit_tail (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            sequence bigint NOT NULL,
            hash bytea NOT NULL CHECK (octet_length(hash) = 32)
        );
        INSERT INTO audit_tail (sequence, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

        -- The data-only role appends to the audit and never changes or deletes what is there.
        DO $$
        DECLARE held record;
        BEGIN
            FOR held IN
                SELECT DISTINCT table_name, grantee FROM information_schema.role_table_grants
                WHERE table_schema = current_schema() AND table_name LIKE 'audit%' AND grantee <> current_user
            LOOP
                EXECUTE format('REVOKE ALL ON %I FROM %I', held.table_name, held.grantee);
                IF held.table_name = 'audit' THEN
                    EXECUTE format('GRANT SELECT, INSERT ON audit TO %I', held.grantee);
                ELSIF held.table_name = 'audit_tail' THEN
                    EXECUTE format('GRANT SELECT, UPDATE ON audit_tail TO %I', held.grantee);
                END IF;
            END LOOP;
        END
        $$;

        """
}
