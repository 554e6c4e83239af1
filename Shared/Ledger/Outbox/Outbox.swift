package import Contract
package import Postgres
package import Primitives

/// The table `outbox` of a producing service's schema: events that exist if and only if the transaction that appended
/// them commits.
///
/// A row is *sent* when the log took it and *confirmed* when every consumer of its topic has acknowledged it; until
/// then the table is the truth, and what the log loses is sent again. Confirmed rows are kept for a while, so that
/// they can be replayed.
package enum Outbox {
    /// For the service's list of migrations.
    package static let migrationSQL = """
        CREATE TABLE outbox (
            -- The order in which events are sent.
            sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id uuid NOT NULL CONSTRAINT outbox_id_unique UNIQUE,
            topic text NOT NULL,
            version bigint NOT NULL CHECK (version > 0),
            key text NOT NULL,
            payload jsonb NOT NULL,
            request_id text,
            created_at timestamptz NOT NULL,
            sent_at timestamptz,
            -- Where in the topic's log it is.
            position_major bigint,
            position_minor bigint,
            confirmed_at timestamptz,
            CHECK ((sent_at IS NULL) = (position_major IS NULL)),
            CHECK ((sent_at IS NULL) = (position_minor IS NULL)),
            CHECK (confirmed_at IS NULL OR sent_at IS NOT NULL)
        );
        CREATE INDEX outbox_unsent ON outbox (sequence) WHERE sent_at IS NULL;
        CREATE INDEX outbox_unconfirmed ON outbox (topic, position_major, position_minor)
            WHERE sent_at IS NOT NULL AND confirmed_at IS NULL;
        CREATE INDEX outbox_confirmed ON outbox (confirmed_at) WHERE confirmed_at IS NOT NULL;

        -- What the relay knows of each topic's log: which one it is, and where it ended after the last append.
        CREATE TABLE outbox_logs (
            topic text PRIMARY KEY,
            generation text,
            position_major bigint NOT NULL,
            position_minor bigint NOT NULL
        );
        """

    /// Appends an event that is sent once the transaction has committed.
    ///
    /// Call it after the statement that changes the subject: that statement's lock is what makes the order of one
    /// subject's events the order of its changes.
    ///
    /// - Parameters:
    ///   - requestID: of the request that it comes of, for logs.
    ///   - now: becomes the event's `createdAt`; no order follows from it.
    /// - Throws: also `.parametersTooLarge` where the payload is beyond `Event.payloadBytesMax`.
    @discardableResult
    package static func append<T: Topic>(
        _ topic: T.Type, _ payload: T.Payload, in transaction: Transaction, requestID: String? = nil,
        at now: Timestamp
    ) async throws(PostgresFailure) -> EventID {
        let id = EventID(UUIDv7(at: now))
        let bytes = T.encode(payload)
        guard bytes.count <= Event.payloadBytesMax else {
            throw PostgresFailure(.parametersTooLarge, statement: "outbox.append")
        }
        try await transaction.execute(
            OutboxStatements.append, id, T.name, T.version, T.key(payload), JSONBytes(bytes), requestID, now)
        return id
    }
}
