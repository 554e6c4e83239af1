package import Contract
package import Postgres
package import Primitives

/// What operators, metrics and housekeeping ask.
extension Inbox {
    /// An event that was put aside.
    package struct DeadEvent: Sendable, Hashable {
        package let id: EventID
        package let topic: String
        /// 0 where it could not be read.
        package let version: Int
        package let key: String
        package let reason: String
        package let receivedAt: Timestamp
    }

    /// The newest that were put aside, up to 200.
    package static func dead(
        topic: String? = nil, in session: some Session
    ) async throws(PostgresFailure) -> [DeadEvent] {
        try await session.all(InboxStatements.dead, topic)
    }

    /// How many of each topic were put aside.
    package static func deadCounts(
        in session: some Session
    ) async throws(PostgresFailure) -> [(topic: String, count: Int)] {
        try await session.all(InboxStatements.deadCounts)
    }

    /// Forgets events, so that their next delivery takes effect once more; gives how many were known.
    package static func forget(_ events: [EventID], in session: some Session) async throws(PostgresFailure) -> Int {
        try await session.execute(InboxStatements.forget, events)
    }

    /// Deletes rows that are older than `kept`. That must be longer than an event can come again.
    package static func prune(keeping kept: Duration, in session: some Session) async throws(PostgresFailure) {
        while !Task.isCancelled {
            let step = try await session.execute(InboxStatements.prune, kept.inSeconds)
            guard step == InboxStatements.changesMax else { return }
        }
    }

    /// Whether the schema has the table.
    package static func exists(in session: some Session) async throws(PostgresFailure) -> Bool {
        try await session.one(InboxStatements.exists)
    }
}

extension InboxStatements {
    fileprivate static let dead = Statement<Inbox.DeadEvent, String?>(
        "inbox.dead",
        """
        SELECT event, topic, version, key, reason, received_at FROM inbox
        WHERE state = 'dead' AND ($1::text IS NULL OR topic = $1) ORDER BY received_at DESC LIMIT 200
        """, Inbox.DeadEvent.init)

    fileprivate static let deadCounts = Statement<(topic: String, count: Int)>(
        "inbox.dead-counts",
        "SELECT topic, count(*) FROM inbox WHERE state = 'dead' GROUP BY topic ORDER BY topic LIMIT 1000"
    ) { (topic: String, count: Int) in (topic, count) }

    fileprivate static let forget = Statement<Void, [EventID]>(
        "inbox.forget", "DELETE FROM inbox WHERE event = ANY ($1)")

    fileprivate static let exists = Statement<Bool>(
        "inbox.exists",
        "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'inbox')")
}
