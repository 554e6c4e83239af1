internal import Contract
internal import Postgres
internal import Primitives

/// What a runner asks of the table. Time is the server's, so that runners' clocks need not agree.
///
/// A job is due when its time has come or its lease has ended; both are one indexed expression. The number of the
/// attempt tells whether an outcome still belongs to the runner that reports it: each claim raises it. What is picked
/// becomes an array first: a subquery could be run again and pick more than its limit, and a join with it would read
/// the whole table.
enum JobStatements {
    static let claim = Statement<Job, [String], Int, Double>(
        "jobs.claim",
        """
        UPDATE jobs SET status = 'running', attempts = attempts + 1,
            locked_until = clock_timestamp() + make_interval(secs => $3)
        WHERE id = ANY (ARRAY(
            SELECT id FROM jobs
            WHERE status <> 'dead' AND coalesce(locked_until, run_at) <= now() AND kind = ANY ($1)
                AND attempts < max_attempts
            ORDER BY coalesce(locked_until, run_at) LIMIT $2 FOR UPDATE SKIP LOCKED
        ))
        RETURNING id, kind, payload, attempts, max_attempts, created_at, key
        """, job)

    private static func job(
        id: JobID, kind: String, payload: JSONBytes, attempt: Int, attemptsMax: Int, createdAt: Timestamp,
        key: String?
    ) -> Job {
        Job(
            id: id, kind: JobKind(kind), payload: payload, attempt: attempt, attemptsMax: attemptsMax,
            createdAt: createdAt, key: key.flatMap { IdempotencyKey($0) })
    }

    static let finish = Statement<Void, JobID, Int>(
        "jobs.finish", "DELETE FROM jobs WHERE id = $1 AND attempts = $2 AND status = 'running'")

    static let retry = Statement<Void, JobID, Int, Double, String>(
        "jobs.retry",
        """
        UPDATE jobs SET status = 'pending', locked_until = NULL, last_error = $4,
            run_at = clock_timestamp() + make_interval(secs => $3)
        WHERE id = $1 AND attempts = $2 AND status = 'running'
        """)

    static let kill = Statement<Void, JobID, Int, String>(
        "jobs.kill",
        """
        UPDATE jobs SET status = 'dead', locked_until = NULL, last_error = $3, finished_at = now()
        WHERE id = $1 AND attempts = $2 AND status = 'running'
        """)

    /// A last attempt whose runner vanished.
    static let bury = Statement<Void, [String]>(
        "jobs.bury",
        """
        UPDATE jobs SET status = 'dead', locked_until = NULL, finished_at = now(),
            last_error = 'the last attempt ended without an outcome'
        WHERE id = ANY (ARRAY(
            SELECT id FROM jobs
            WHERE status <> 'dead' AND coalesce(locked_until, run_at) <= now() AND status = 'running'
                AND attempts >= max_attempts AND kind = ANY ($1)
            ORDER BY coalesce(locked_until, run_at) LIMIT 100 FOR UPDATE SKIP LOCKED
        ))
        """)

    static let prune = Statement<Void, Double>(
        "jobs.prune",
        """
        DELETE FROM jobs WHERE id = ANY (ARRAY(
            SELECT id FROM jobs WHERE status = 'dead' AND finished_at < now() - make_interval(secs => $1)
            ORDER BY finished_at LIMIT 1000 FOR UPDATE SKIP LOCKED
        ))
        """)

    static let pruneKeys = Statement<Void, Double>(
        "jobs.prune-keys",
        """
        DELETE FROM job_keys WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM job_keys WHERE made_at < now() - make_interval(secs => $1)
            ORDER BY made_at LIMIT 1000 FOR UPDATE SKIP LOCKED
        ))
        """)

    static let channel = Statement<String>("jobs.channel", "SELECT 'jobs ' || current_schema()")
}

extension Duration {
    /// For `make_interval`, which takes seconds.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
