package import Postgres
package import Primitives

/// The table `jobs` of a service's schema.
///
/// A job enqueued in a transaction exists if and only if the transaction commits. It runs at least once: a runner that
/// vanishes between the work and its record leaves the job to another one, so that handlers must bear repetition.
/// A done job is deleted, a dead one is kept for `JobRunner`'s `deadKept`.
package enum JobQueue {
    /// For the service's list of migrations.
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

    /// Adds a job that runs once the transaction has committed.
    /// - Parameters:
    ///   - runAt: not before this moment; nil means at once.
    ///   - attemptsMax: how often it may be tried before it is dead.
    @discardableResult
    package static func enqueue(
        in transaction: Transaction, kind: JobKind, payload: JSONBytes, runAt: Timestamp? = nil,
        attemptsMax: Int = 12
    ) async throws(PostgresFailure) -> JobID {
        let id = JobID.make()
        try await transaction.execute(insert, id, kind.name, payload, attemptsMax, runAt)
        return id
    }

    /// How many jobs stand how: for metrics.
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

    private static let countAll = Statement<Counts>(
        "jobs.count",
        """
        SELECT count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'running'),
            count(*) FILTER (WHERE status = 'dead'),
            coalesce(greatest(extract(epoch FROM now() - min(coalesce(locked_until, run_at))
                FILTER (WHERE status <> 'dead')), 0), 0)::float8
        FROM jobs
        """, Counts.init)
}
