internal import Postgres

/// The SQL of kept answers. Time is the server's, so that processes' clocks need not agree.
enum IdempotencyStatements {
    static let find = Statement<KeptAnswer, [UInt8]>(
        "idempotency.find",
        """
        SELECT fingerprint, status, headers, body FROM idempotency_answers WHERE scope = $1 AND expires_at > now()
        """, KeptAnswer.init)

    static let lock = Statement<Bool, Int64>("idempotency.lock", "SELECT pg_try_advisory_xact_lock($1)")

    /// Affects no row where a live answer is there. Never fails for one: the transaction stays sound.
    static let keep = Statement<Void, [UInt8], String, String, [UInt8], Int, [String], [UInt8]?, Double>(
        "idempotency.keep",
        """
        INSERT INTO idempotency_answers
            (scope, caller, operation, fingerprint, status, headers, body, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, now(), now() + make_interval(secs => $8))
        ON CONFLICT (scope) DO UPDATE
        SET fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,
            body = excluded.body, created_at = excluded.created_at, expires_at = excluded.expires_at
        WHERE idempotency_answers.expires_at <= now()
        """)

    /// At most `pruneRows` at a time, so that no lock is held for long.
    static let prune = Statement<Void>(
        "idempotency.prune",
        """
        DELETE FROM idempotency_answers WHERE scope = ANY (ARRAY(
            SELECT scope FROM idempotency_answers WHERE expires_at <= now()
            ORDER BY expires_at LIMIT 500 FOR UPDATE SKIP LOCKED
        ))
        """)

    /// As many rows as one `prune` deletes.
    static let pruneRows = 500
}
