internal import Postgres
internal import Primitives

/// What a runner asks of the table. Time is the server's, so that runners' clocks need not agree.
///
/// A job is due when its time has come or its lease has ended; both are one indexed expression. The number of the
/// attempt tells whether an outcome still belongs to the runner that reports it: each claim raises it. `claim` picks in
/// a materialised step, since a subquery could be run again and pick more than its limit.
enum JobStatements {
    static let claim = Statement<Job, [String], Int, Double>(
        "jobs.claim",
        """
        WITH due AS MATERIALIZED (
            SELECT id FROM jobs
            WHERE status <> 'dead' AND coalesce(locked_until, run_at) <= now() AND kind = ANY ($1)
                AND attempts < max_attempts
            ORDER BY coalesce(locked_until, run_at) LIMIT $2 FOR UPDATE SKIP LOCKED
        )
        UPDATE jobs SET status = 'running', attempts = attempts + 1,
            locked_until = clock_timestamp() + make_interval(secs => $3)
        FROM due WHERE jobs.id = due.id
        RETURNING jobs.id, kind, payload, attempts, max_attempts, created_at
        """
    ) { (id: JobID, kind: String, payload: JSONBytes, attempt: Int, attemptsMax: Int, createdAt: Timestamp) in
        Job(
            id: id, kind: JobKind(kind), payload: payload, attempt: attempt, attemptsMax: attemptsMax,
            createdAt: createdAt)
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
        WHERE id IN (
            SELECT id FROM jobs
            WHERE status = 'running' AND locked_until <= now() AND attempts >= max_attempts AND kind = ANY ($1)
            LIMIT 100 FOR UPDATE SKIP LOCKED
        )
        """)

    static let prune = Statement<Void, Double>(
        "jobs.prune",
        """
        DELETE FROM jobs WHERE id IN (
            SELECT id FROM jobs WHERE status = 'dead' AND finished_at < now() - make_interval(secs => $1)
            LIMIT 1000 FOR UPDATE SKIP LOCKED
        )
        """)

    static let channel = Statement<String>("jobs.channel", "SELECT 'jobs ' || current_schema()")
}

extension Duration {
    /// For `make_interval`, which takes seconds.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
