internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

/// Sessions in the database.
struct SessionStore: Sendable {
    /// Sessions that an account may have; a further sign-in revokes those that were silent longest. The statement below
    /// holds it as a literal.
    static let sessionsPerAccountMax = 50

    /// Begins a session of an active account.
    ///
    /// - Returns: nil where the account was disabled or erased since its password was looked up. Its row stays locked,
    ///   so that whoever disables it next finds this session.
    func insert(_ session: NewSession, in connection: some Session) async throws(PostgresFailure) -> SessionOwner? {
        try await connection.first(
            Self.insertStatement, session.id, session.account, session.binding.digest, session.clientID,
            session.methods, session.deviceLabel, session.ip, session.userAgent, session.startedAt,
            session.idleExpiresAt, session.absoluteExpiresAt)
    }

    /// Makes `generation + 1` the newest if `generation` is and the session lives: the one compare-and-set of a
    /// rotation.
    func rotate(
        _ token: RefreshToken, binding: ClientBinding, facts: CallFacts, at now: Timestamp, idleUntil: Timestamp,
        in connection: some Session
    ) async throws(PostgresFailure) -> SessionGrant? {
        try await connection.first(
            Self.rotateStatement, token.session, token.generation, now, idleUntil, binding.digest,
            facts.context.clientAddress, facts.context.userAgent)
    }

    func state(
        of session: SessionID, at now: Timestamp, in connection: some Session
    ) async throws(PostgresFailure) -> SessionState? {
        try await connection.first(Self.stateStatement, session, now)
    }

    func spendReplay(
        of session: SessionID, generation: Int, at now: Timestamp, in connection: some Session
    ) async throws(PostgresFailure) -> Bool {
        try await connection.execute(Self.spendReplayStatement, session, generation, now) == 1
    }

    /// Notes that the newest refresh token has reached its client.
    func confirm(
        _ session: SessionID, rotatedBefore: Timestamp, in connection: some Session
    ) async throws(PostgresFailure) {
        try await connection.execute(Self.confirmStatement, session, rotatedBefore)
    }

    /// Ends a session of `account`; false where it is not one, or has ended already.
    func revoke(
        _ session: SessionID, of account: AccountID, _ reason: RevocationReason, at now: Timestamp,
        in connection: some Session
    ) async throws(PostgresFailure) -> Bool {
        try await connection.execute(Self.revokeStatement, session, account, reason, now) == 1
    }

    func belongs(
        _ session: SessionID, to account: AccountID, in connection: some Session
    ) async throws(PostgresFailure) -> Bool {
        try await connection.first(Self.belongsStatement, session, account) != nil
    }

    /// Ends every session of `account` but `kept`, and gives those that it ended.
    func revokeAll(
        of account: AccountID, but kept: SessionID?, _ reason: RevocationReason, at now: Timestamp,
        in connection: some Session
    ) async throws(PostgresFailure) -> [SessionID] {
        try await connection.all(Self.revokeAllStatement, account, kept, reason, now)
    }

    /// Ends the sessions beyond `sessionsPerAccountMax`, and gives them.
    func revokeSurplus(
        of account: AccountID, at now: Timestamp, in connection: some Session
    ) async throws(PostgresFailure) -> [SessionID] {
        try await connection.all(Self.revokeSurplusStatement, account, RevocationReason.tooManySessions, now)
    }

    /// The live sessions of `account`, the one seen last first.
    func list(
        of account: AccountID, current: SessionID, at now: Timestamp, in connection: some Session
    ) async throws(PostgresFailure) -> [SessionView] {
        try await connection.all(Self.listStatement, account, current, now)
    }

    /// Deletes some of the sessions that nothing refers to any more, and gives their number.
    func prune(endedBefore: Timestamp, in connection: some Session) async throws(PostgresFailure) -> Int {
        try await connection.execute(Self.pruneStatement, endedBefore)
    }
}
