package import Contract
package import Postgres
package import Primitives

/// What operators and metrics ask.
extension Outbox {
    /// One event without its payload.
    package struct Row: Sendable, Hashable {
        package enum Stage: String, Sendable {
            case unsent, sent, confirmed
        }

        package let sequence: Int
        package let id: EventID
        package let topic: String
        package let version: Int
        package let key: String
        package let createdAt: Timestamp
        package let stage: Stage
    }

    /// How many events of a topic stand where.
    package struct Counts: Sendable, Hashable {
        package let topic: String
        package let unsent: Int
        /// Sent, and not acknowledged by every consumer.
        package let unconfirmed: Int
        /// The age of the oldest that is not confirmed.
        package let oldestSeconds: Double
    }

    /// By topic; topics whose events are all confirmed are left out.
    package static func counts(in session: some Session) async throws(PostgresFailure) -> [Counts] {
        try await session.all(OutboxStatements.counts)
    }

    /// The newest events of `topic`, or of all, up to 200.
    package static func newest(
        of topic: String? = nil, before sequence: Int = .max, in session: some Session
    ) async throws(PostgresFailure) -> [Row] {
        try await session.all(OutboxStatements.newest, sequence, topic)
    }

    package static func row(_ id: EventID, in session: some Session) async throws(PostgresFailure) -> Row? {
        try await session.first(OutboxStatements.row, id)
    }

    /// Events after `sequence`, oldest first, up to 1000.
    ///
    /// - Parameters:
    ///   - topic: nil for all.
    ///   - since: of that time or later.
    package static func page(
        after sequence: Int, topic: String?, since: Timestamp?, in session: some Session
    ) async throws(PostgresFailure) -> [Row] {
        try await session.all(OutboxStatements.page, sequence, topic, since)
    }

    /// Makes events unsent, so that the relay sends them once more; gives how many had been sent.
    package static func resend(
        _ sequences: [Int], in session: some Session
    ) async throws(PostgresFailure) -> Int {
        try await session.one(OutboxStatements.resend, sequences)
    }

    /// Whether the schema has the table.
    package static func exists(in session: some Session) async throws(PostgresFailure) -> Bool {
        try await session.one(OutboxStatements.exists)
    }
}

extension OutboxStatements {
    static let counts = Statement<Outbox.Counts>(
        "outbox.counts",
        """
        SELECT topic, count(*) FILTER (WHERE sent_at IS NULL), count(*) FILTER (WHERE sent_at IS NOT NULL),
            greatest(extract(epoch FROM now() - min(created_at)), 0)::float8
        FROM (
            SELECT topic, sent_at, created_at FROM outbox WHERE sent_at IS NULL
            UNION ALL
            SELECT topic, sent_at, created_at FROM outbox WHERE sent_at IS NOT NULL AND confirmed_at IS NULL
        ) AS open GROUP BY topic ORDER BY topic LIMIT 1000
        """, Outbox.Counts.init)

    fileprivate static let newest = Statement<Outbox.Row, Int, String?>(
        "outbox.newest",
        """
        SELECT sequence, id, topic, version, key, created_at, sent_at, confirmed_at FROM outbox
        WHERE sequence < $1 AND ($2::text IS NULL OR topic = $2) ORDER BY sequence DESC LIMIT 200
        """, row)

    fileprivate static let row = Statement<Outbox.Row, EventID>(
        "outbox.row",
        """
        SELECT sequence, id, topic, version, key, created_at, sent_at, confirmed_at FROM outbox WHERE id = $1
        """, row)

    fileprivate static let page = Statement<Outbox.Row, Int, String?, Timestamp?>(
        "outbox.page",
        """
        SELECT sequence, id, topic, version, key, created_at, sent_at, confirmed_at FROM outbox
        WHERE sequence > $1 AND ($2::text IS NULL OR topic = $2) AND ($3::timestamptz IS NULL OR created_at >= $3)
        ORDER BY sequence LIMIT 1000
        """, row)

    fileprivate static let resend = Statement<Int, [Int]>(
        "outbox.resend",
        """
        WITH changed AS (
            UPDATE outbox SET sent_at = NULL, position_major = NULL, position_minor = NULL, confirmed_at = NULL
            WHERE sequence = ANY ($1) AND sent_at IS NOT NULL RETURNING 1
        ), counted AS (SELECT count(*) AS number FROM changed)
        SELECT number FROM counted, pg_notify('outbox ' || current_schema(), '')
        """)

    fileprivate static let exists = Statement<Bool>(
        "outbox.exists",
        "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'outbox')")

    @Sendable private static func row(
        sequence: Int, id: EventID, topic: String, version: Int, key: String, createdAt: Timestamp,
        sentAt: Timestamp?, confirmedAt: Timestamp?
    ) -> Outbox.Row {
        Outbox.Row(
            sequence: sequence, id: id, topic: topic, version: version, key: key, createdAt: createdAt,
            stage: confirmedAt != nil ? .confirmed : sentAt != nil ? .sent : .unsent)
    }
}
