internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

/// One revocation as it is stored and pushed.
struct Revocation: Sendable, Hashable {
    let id: UUIDv7
    let session: SessionID?
    let account: AccountID?
    let epoch: Int?
    let revokedAt: Timestamp
}

/// Revocations in the database.
struct RevocationStore: Sendable {
    /// How many are published at once; the statement holds it as a literal.
    static let batchMax = 500

    /// Records that sessions were revoked.
    func record(
        sessions: [SessionID], at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) -> [Revocation] {
        guard !sessions.isEmpty else { return [] }
        let revocations = sessions.map {
            Revocation(id: UUIDv7(at: now), session: $0, account: nil, epoch: nil, revokedAt: now)
        }
        try await session.execute(Self.recordSessionsStatement, revocations.map(\.id), sessions, now)
        return revocations
    }

    /// Records that the account's tokens of an epoch below `epoch` were revoked.
    func record(
        account: AccountID, epoch: Int, at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) -> Revocation {
        let revocation = Revocation(id: UUIDv7(at: now), session: nil, account: account, epoch: epoch, revokedAt: now)
        try await session.execute(Self.recordAccountStatement, revocation.id, account, epoch, now)
        return revocation
    }

    /// The oldest that were not pushed yet.
    func unpublished(in session: some Session) async throws(PostgresFailure) -> [Revocation] {
        try await session.all(Self.unpublishedStatement)
    }

    func markPublished(_ ids: [UUIDv7], at now: Timestamp, in session: some Session) async throws(PostgresFailure) {
        try await session.execute(Self.markStatement, ids, now)
    }

    func list(since: Timestamp, in session: some Session) async throws(PostgresFailure) -> [RevocationView] {
        try await session.all(Self.listStatement, since)
    }

    /// Deletes some of those that no token can outlive, and gives their number.
    func prune(revokedBefore: Timestamp, in session: some Session) async throws(PostgresFailure) -> Int {
        try await session.execute(Self.pruneStatement, revokedBefore)
    }

    private static let recordSessionsStatement = Statement<Void, [UUIDv7], [SessionID], Timestamp>(
        "auth.record-session-revocations",
        """
        INSERT INTO auth.revocations (id, session, revoked_at)
        SELECT given.id, given.session, $3 FROM unnest($1, $2) AS given (id, session)
        """)

    private static let recordAccountStatement = Statement<Void, UUIDv7, AccountID, Int, Timestamp>(
        "auth.record-account-revocation",
        "INSERT INTO auth.revocations (id, account, epoch, revoked_at) VALUES ($1, $2, $3, $4)")

    private static let unpublishedStatement = Statement<Revocation>(
        "auth.unpublished-revocations",
        """
        SELECT id, session, account, epoch, revoked_at FROM auth.revocations
        WHERE published_at IS NULL ORDER BY revoked_at LIMIT 500
        """, Revocation.init)

    private static let markStatement = Statement<Void, [UUIDv7], Timestamp>(
        "auth.mark-revocations-published",
        "UPDATE auth.revocations SET published_at = $2 WHERE id = ANY ($1)")

    private static let listStatement = Statement<RevocationView, Timestamp>(
        "auth.list-revocations",
        """
        SELECT session, account, epoch, revoked_at FROM auth.revocations
        WHERE revoked_at > $1 ORDER BY revoked_at DESC LIMIT 100000
        """, RevocationView.init)

    private static let pruneStatement = Statement<Void, Timestamp>(
        "auth.prune-revocations",
        """
        DELETE FROM auth.revocations WHERE id = ANY (ARRAY(
            SELECT id FROM auth.revocations WHERE revoked_at < $1 AND published_at IS NOT NULL
            ORDER BY revoked_at LIMIT 500))
        """)
}
