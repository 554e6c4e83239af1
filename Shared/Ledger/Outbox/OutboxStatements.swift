internal import Contract
internal import Postgres
internal import Primitives

/// What is asked of the tables `outbox` and `outbox_logs`. Time is the server's.
///
/// A relay changes rows only where `outbox_logs` still names the generation that it goes by: a relay that lost its
/// lead without noticing writes nothing.
enum OutboxStatements {
    /// The channel is the schema's own: notifications go through the whole database.
    static let append = Statement<Void, EventID, String, Int, String, JSONBytes, String?, Timestamp>(
        "outbox.append",
        """
        WITH added AS (
            INSERT INTO outbox (id, topic, version, key, payload, request_id, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING 1
        )
        SELECT pg_notify('outbox ' || current_schema(), '') FROM added
        """)

    static let channel = Statement<String>("outbox.channel", "SELECT 'outbox ' || current_schema()")

    /// What is to be sent next, but for topics that are held up.
    static let unsent = Statement<Event, [String]>(
        "outbox.unsent",
        """
        SELECT id, topic, version, sequence, key, request_id, created_at, payload
        FROM outbox WHERE sent_at IS NULL AND topic <> ALL ($1) ORDER BY sequence LIMIT 256
        """
    ) {
        (
            id: EventID, topic: String, version: Int, sequence: Int, key: String, requestID: String?,
            createdAt: Timestamp, payload: JSONBytes
        ) in
        Event(
            facts: EventFacts(
                id: id, topic: topic, version: version, sequence: sequence, key: key, requestID: requestID,
                createdAt: createdAt),
            payload: payload.bytes)
    }

    /// As many rows as `unsent` gives.
    static let batchMax = 256

    /// Marks rows as sent. Parameters: topic, generation as it was known, as it is, its last position, then sequence
    /// and position of each row.
    static let markSent = Statement<Void, String, String?, String, Int, Int, [Int], [Int], [Int]>(
        "outbox.mark-sent",
        """
        WITH log AS (
            INSERT INTO outbox_logs AS known (topic, generation, position_major, position_minor)
            VALUES ($1, $3, $4, $5)
            ON CONFLICT (topic) DO UPDATE SET generation = excluded.generation,
                position_major = excluded.position_major, position_minor = excluded.position_minor
            WHERE known.generation IS NOT DISTINCT FROM $2
            RETURNING 1
        )
        UPDATE outbox SET sent_at = now(), position_major = placed.major, position_minor = placed.minor
        FROM unnest($6, $7, $8) AS placed (sequence, major, minor)
        WHERE outbox.sequence = placed.sequence AND EXISTS (SELECT FROM log)
        """)

    static let logs = Statement<KnownLog>(
        "outbox.logs",
        "SELECT topic, generation, position_major, position_minor FROM outbox_logs ORDER BY topic LIMIT 1000",
        KnownLog.init)

    static let oldestUnconfirmed = Statement<EventPosition, String>(
        "outbox.oldest-unconfirmed",
        """
        SELECT position_major, position_minor FROM outbox
        WHERE topic = $1 AND sent_at IS NOT NULL AND confirmed_at IS NULL
        ORDER BY position_major, position_minor LIMIT 1
        """
    ) { (major: Int, minor: Int) in EventPosition(major: major, minor: minor) }

    /// Parameters: topic, generation, position.
    static let confirm = Statement<Void, String, String, Int, Int>(
        "outbox.confirm",
        """
        UPDATE outbox SET confirmed_at = now()
        WHERE sequence = ANY (ARRAY (
                SELECT sequence FROM outbox
                WHERE topic = $1 AND sent_at IS NOT NULL AND confirmed_at IS NULL
                    AND (position_major, position_minor) <= ($3, $4)
                ORDER BY position_major, position_minor LIMIT 2000
            ))
            AND confirmed_at IS NULL AND sent_at IS NOT NULL
            AND EXISTS (SELECT FROM outbox_logs WHERE topic = $1 AND generation = $2)
        """)

    /// As many rows as one `confirm`, `unsend` or `prune` changes.
    static let changesMax = 2000

    /// Makes rows unsent whose log was lost. Parameters: topic, generation.
    static let unsend = Statement<Void, String, String>(
        "outbox.unsend",
        """
        UPDATE outbox SET sent_at = NULL, position_major = NULL, position_minor = NULL
        WHERE sequence = ANY (ARRAY (
                SELECT sequence FROM outbox
                WHERE topic = $1 AND sent_at IS NOT NULL AND confirmed_at IS NULL
                ORDER BY position_major, position_minor LIMIT 2000
            ))
            AND confirmed_at IS NULL
            AND EXISTS (SELECT FROM outbox_logs WHERE topic = $1 AND generation = $2)
        """)

    static let lockLog = Statement<String?, String>(
        "outbox.lock-log", "SELECT generation FROM outbox_logs WHERE topic = $1 FOR UPDATE")

    static let forgetLog = Statement<Void, String>(
        "outbox.forget-log", "UPDATE outbox_logs SET generation = NULL WHERE topic = $1")

    /// Parameter: how long confirmed rows are kept, in seconds.
    static let prune = Statement<Void, Double>(
        "outbox.prune",
        """
        DELETE FROM outbox WHERE sequence = ANY (ARRAY (
            SELECT sequence FROM outbox WHERE confirmed_at < now() - make_interval(secs => $1)
            ORDER BY confirmed_at LIMIT 2000
        )) AND confirmed_at IS NOT NULL
        """)
}

/// What `outbox_logs` says of one topic.
struct KnownLog: Sendable {
    let topic: String
    /// Nil where the log was lost and is to be begun or found again.
    let generation: String?
    let major: Int
    let minor: Int

    var state: EventLogState? {
        generation.map { EventLogState(generation: $0, last: EventPosition(major: major, minor: minor)) }
    }
}
