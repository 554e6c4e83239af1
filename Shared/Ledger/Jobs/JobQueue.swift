package import Contract
package import Postgres
package import Primitives

/// The table `jobs` of a service's schema.
///
/// A job enqueued in a transaction exists if and only if the transaction commits. It runs at least once: a runner that
/// vanishes between the work and its record leaves the job to another one, so that handlers must bear repetition.
/// A done job is deleted, a dead one is kept for `JobRunner`'s `deadKept`.
package enum JobQueue {
    /// For the service's list of migrations, and `keysMigrationSQL` after it.
    package static let migrationSQL = """
        CREATE TABLE jobs (
            id uuid PRIMARY KEY,
            kind text NOT NULL,
            payload jsonb NOT NULL,
            status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'dead')),
            attempts bigint NOT NULL DEFAULT 0,
            max_attempts bigint NOT NULL CHECK (max_attempts > 0),
            run_at timestamptz NOT NULL DEFAULT now(),
            locked_until timestamptz,
            last_error text,
            created_at timestamptz NOT NULL DEFAULT now(),
            finished_at timestamptz,
            CHECK ((status = 'running') = (locked_until IS NOT NULL)),
            CHECK ((status = 'dead') = (finished_at IS NOT NULL))
        );
        CREATE INDEX jobs_due ON jobs ((coalesce(locked_until, run_at))) WHERE status <> 'dead';
        CREATE INDEX jobs_dead ON jobs (finished_at) WHERE status = 'dead';
        """

    /// Jobs' keys, which outlive their jobs by `JobRunner`'s `keysKept`.
    package static let keysMigrationSQL = """
        ALTER TABLE jobs ADD COLUMN key text;
        CREATE TABLE job_keys (
            kind text NOT NULL,
            key text NOT NULL,
            job uuid NOT NULL,
            made_at timestamptz NOT NULL,
            PRIMARY KEY (kind, key)
        );
        CREATE INDEX job_keys_made_at ON job_keys (made_at);
        """

    /// Adds a job that runs once the transaction has committed.
    /// - Parameters:
    ///   - key: adds nothing where a job of this kind has it or had it: the same order, given twice, is one job.
    ///   - runAt: not before this moment; nil means at once.
    ///   - attemptsMax: how often it may be tried before it is dead.
    /// - Returns: the job with the key, where there is or was one, else the new one.
    @discardableResult
    package static func enqueue(
        in transaction: Transaction, kind: JobKind, payload: JSONBytes, key: IdempotencyKey? = nil,
        runAt: Timestamp? = nil, attemptsMax: Int = 12
    ) async throws(PostgresFailure) -> JobID {
        let id = JobID.make()
        guard let key else {
            try await transaction.execute(insert, id, kind.name, payload, attemptsMax, runAt)
            return id
        }
        let added = try await transaction.one(
            insertKeyed, id, kind.name, payload, attemptsMax, runAt, key.text)
        // A statement of its own: it must see what was committed while the first one waited.
        return added == 1 ? id : try await transaction.one(jobOfKey, kind.name, key.text)
    }

    /// How many jobs stand how: for metrics. Counted are 10,000 that are not dead and 10,000 that are, no more.
    package struct Counts: Sendable, Hashable {
        package let pending: Int
        package let running: Int
        package let dead: Int
        /// How long the job that is due longest has been due; zero where none is.
        package let oldestDueSeconds: Double
    }

    package static func counts(in session: some Session) async throws(PostgresFailure) -> Counts {
        try await session.one(countAll)
    }

    /// The channel is the schema's own: notifications go through the whole database.
    private static let insert = Statement<Void, JobID, String, JSONBytes, Int, Timestamp?>(
        "jobs.insert",
        """
        WITH added AS (
            INSERT INTO jobs (id, kind, payload, max_attempts, run_at)
            VALUES ($1, $2, $3, $4, coalesce($5, now())) RETURNING run_at
        )
        SELECT pg_notify('jobs ' || current_schema(), '') FROM added WHERE run_at <= now()
        """)

    /// The same for a job whose kind and key are new, else nothing. Tells how many rows it added.
    private static let insertKeyed = Statement<Int, JobID, String, JSONBytes, Int, Timestamp?, String>(
        "jobs.insert-keyed",
        """
        WITH claimed AS (
            INSERT INTO job_keys (kind, key, job, made_at) VALUES ($2, $6, $1, now())
            ON CONFLICT (kind, key) DO NOTHING RETURNING job
        ), added AS (
            INSERT INTO jobs (id, kind, payload, max_attempts, run_at, key)
            SELECT job, $2, $3, $4, coalesce($5, now()), $6 FROM claimed RETURNING id
        )
        SELECT count(pg_notify('jobs ' || current_schema(), '')::text) FROM added
        """)

    private static let jobOfKey = Statement<JobID, String, String>(
        "jobs.of-key", "SELECT job FROM job_keys WHERE kind = $1 AND key = $2")

    private static let countAll = Statement<Counts>(
        "jobs.count",
        """
        SELECT pending, running, (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE status = 'dead' LIMIT 10000) AS dead),
            coalesce(greatest(extract(epoch FROM now() - (
                SELECT coalesce(locked_until, run_at) FROM jobs WHERE status <> 'dead'
                ORDER BY coalesce(locked_until, run_at) LIMIT 1)), 0), 0)::float8
        FROM (
            SELECT count(*) FILTER (WHERE status = 'pending') AS pending,
                count(*) FILTER (WHERE status = 'running') AS running
            FROM (SELECT status FROM jobs WHERE status <> 'dead'
                ORDER BY coalesce(locked_until, run_at) LIMIT 10000) AS live
        ) AS counted
        """, Counts.init)
}
