internal import Contract
internal import Postgres
internal import Primitives

/// What is asked of the table `inbox`. Time is the server's.
enum InboxStatements {
    /// Nothing where the event is there.
    static let insertDone = Statement<Void, EventID, String, Int, String>(
        "inbox.insert-done",
        "INSERT INTO inbox (event, topic, version, key) VALUES ($1, $2, $3, $4) ON CONFLICT (event) DO NOTHING")

    /// Nothing where the event is there.
    static let insertDead = Statement<Void, EventID, String, Int, String, String>(
        "inbox.insert-dead",
        """
        INSERT INTO inbox (event, topic, version, key, state, reason) VALUES ($1, $2, $3, $4, 'dead', $5)
        ON CONFLICT (event) DO NOTHING
        """)

    /// Parameter: how long rows are kept, in seconds.
    static let prune = Statement<Void, Double>(
        "inbox.prune",
        """
        DELETE FROM inbox WHERE event = ANY (ARRAY (
            SELECT event FROM inbox WHERE received_at < now() - make_interval(secs => $1)
            ORDER BY received_at LIMIT 2000
        ))
        """)

    /// As many rows as one `prune` deletes.
    static let changesMax = 2000
}
