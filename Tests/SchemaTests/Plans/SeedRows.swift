/// Rows for every table that grows, so many that the planner has a reason to look for an index.
///
/// A new table gets its rows here, `rowsMin` at least, or a line in `PlanRules.smallTables`.
enum SeedRows {
    static let rowsMin = 5000

    static let all = [auth, user, content] + ["auth", "users", "content"].map { "SET search_path = \($0); " + ledger }

    /// The tables of the ledger: each schema has those that its service uses.
    private static let ledger = """
        DO $$
        BEGIN
            IF to_regclass('jobs') IS NOT NULL THEN
                INSERT INTO jobs (id, kind, payload, status, attempts, max_attempts, run_at, finished_at)
                SELECT gen_random_uuid(), 'mail', '{"to":"x"}', CASE WHEN n % 2 = 0 THEN 'dead' ELSE 'pending' END, 1,
                    12, now() + (n - 500) * interval '1 second',
                    CASE WHEN n % 2 = 0 THEN now() - n * interval '1 minute' END
                FROM generate_series(1, 20000) n;
            END IF;
            IF to_regclass('job_keys') IS NOT NULL THEN
                INSERT INTO job_keys (kind, key, job, made_at)
                SELECT 'mail', 'key-' || n, gen_random_uuid(), now() - n * interval '1 minute'
                FROM generate_series(1, 20000) n;
            END IF;
            IF to_regclass('outbox') IS NOT NULL THEN
                INSERT INTO outbox (id, topic, version, key, payload, created_at, sent_at, position_major,
                    position_minor, confirmed_at)
                SELECT gen_random_uuid(), 'topic-' || n % 5, 1, 'key-' || n, '{"some":"payload"}',
                    now() - n * interval '1 second', CASE WHEN n > 50 THEN now() END, CASE WHEN n > 50 THEN n END,
                    CASE WHEN n > 50 THEN 0 END, CASE WHEN n > 500 THEN now() - n * interval '1 second' END
                FROM generate_series(1, 20000) n;
            END IF;
            IF to_regclass('inbox') IS NOT NULL THEN
                INSERT INTO inbox (event, topic, version, key, state, reason, received_at)
                SELECT gen_random_uuid(), 'topic-' || n % 5, 1, 'key-' || n,
                    CASE WHEN n % 400 = 0 THEN 'dead' ELSE 'done' END, CASE WHEN n % 400 = 0 THEN 'why' END,
                    now() - n * interval '1 second'
                FROM generate_series(1, 20000) n;
            END IF;
            IF to_regclass('idempotency_answers') IS NOT NULL THEN
                INSERT INTO idempotency_answers (scope, caller, operation, fingerprint, status, headers, body,
                    created_at, expires_at)
                SELECT sha256(n::text::bytea), 'caller-' || n, 'createArticle', sha256('x'), 201, '{}', '\\x7b7d',
                    now(), now() + (n - 5000) * interval '1 second'
                FROM generate_series(1, 20000) n;
            END IF;
        END
        $$;
        """

    private static let auth = """
        SET search_path = auth;
        INSERT INTO accounts (id, email, email_key, email_verified_at, display_name, locale, roles, created_at,
            updated_at)
        SELECT gen_random_uuid(), 'Person' || n || '@example.test', 'person' || n || '@example.test', now(), 'P', 'en',
            '{author}', now(), now()
        FROM generate_series(1, 10000) n;
        INSERT INTO credentials SELECT id, decode(repeat('ab', 120), 'hex'), NULL, now() FROM accounts;
        INSERT INTO registrations SELECT id, now(), decode(repeat('ab', 120), 'hex') FROM accounts;
        INSERT INTO one_time_links
        SELECT id, 'verify-email', sha256(id::text::bytea), email_key, now(), now() + interval '1 day', NULL
        FROM accounts;
        INSERT INTO sessions (id, account, rotated_at, client_binding, client_id, methods, authenticated_at, created_at,
            last_seen_at, idle_expires_at, absolute_expires_at, revoked_at, revoked_reason)
        SELECT gen_random_uuid(), id, now(), sha256('x'), 'web', '{pwd}', now(), now(), now() - n * interval '1 minute',
            now() + interval '7 days', now() + n * interval '10 days' - random() * interval '20 days',
            CASE WHEN n > 3 THEN now() END, CASE WHEN n > 3 THEN 'logout' END
        FROM accounts, generate_series(1, 5) n;
        INSERT INTO revocations
        SELECT gen_random_uuid(), gen_random_uuid(), NULL, NULL, now() - n * interval '1 second',
            CASE WHEN n > 20 THEN now() END
        FROM generate_series(1, 20000) n;
        INSERT INTO signing_keys
        SELECT 'key-' || n, sha256('x'), sha256('y'), '\\x00', now(), now(), now(), NULL FROM generate_series(1, 3) n;
        INSERT INTO audit
        SELECT n, timestamptz '2026-01-01' + n * interval '1 hour', gen_random_uuid(), gen_random_uuid(), 'login',
            'success', 'r', '10.0.0.0/24', '{}', sha256('x'), sha256('y')
        FROM generate_series(1, 20000) n;
        INSERT INTO api_keys (id, account, grant_id, name, prefix, key_sha256, scopes, allowed_cidrs, created_at,
            updated_at, expires_at)
        SELECT gen_random_uuid(), id, gen_random_uuid(), 'key', 'abcdefgh', sha256((id::text || n)::bytea),
            '{articles:write}', '{}', now() - n * interval '1 day', now(), now() + interval '90 days'
        FROM accounts, generate_series(1, 2) n;
        INSERT INTO erased_accounts SELECT gen_random_uuid(), now() FROM generate_series(1, 10000) n;
        """

    private static let user = """
        SET search_path = users;
        INSERT INTO profiles (id, handle, display_name, bio, avatar_url, locale, time_zone, version, created_at,
            updated_at)
        SELECT gen_random_uuid(), 'person-' || n, 'Person ' || n, repeat('about ', 20), NULL, 'en', 'UTC', 1, now(),
            now()
        FROM generate_series(1, 20000) n;
        INSERT INTO standings SELECT id, 'active', 1 FROM profiles;
        """

    private static let content = """
        SET search_path = content;
        INSERT INTO authors (id, handle, display_name, refreshed_at)
        SELECT gen_random_uuid(), 'author-' || n, 'Author ' || n, now()
        FROM generate_series(1, 5000) n;
        INSERT INTO articles (id, author_id, slug, title, summary, summary_is_derived, body, body_html, reading_minutes,
            data, tags, locale, version, published_version, published_at, created_at, updated_at)
        SELECT gen_random_uuid(), author.id, 'slug-' || n, 'T', 'S', true, repeat(md5(n::text), 15),
            repeat(md5(n::text), 60), 1, '{}', ARRAY['tag-' || (n % 40), 'common'],
            CASE WHEN n % 10 = 0 THEN 'de' ELSE 'en' END, 1, 1, now() - n * interval '1 minute', now(), now()
        FROM generate_series(1, 20000) n JOIN authors AS author ON author.handle = 'author-' || (1 + n % 2000);
        INSERT INTO slugs SELECT slug, id, published_at FROM articles;
        INSERT INTO slugs SELECT 'old-' || slug, id, published_at FROM articles;
        INSERT INTO published_articles SELECT id, author_id, slug, title, summary, body, body_html, reading_minutes,
            data, tags, locale, version, published_at, created_at, updated_at FROM articles;
        INSERT INTO withheld_articles SELECT * FROM published_articles WHERE locale = 'en';
        INSERT INTO published_tags SELECT unnest(tags), published_at, id, locale FROM articles;
        """
}
