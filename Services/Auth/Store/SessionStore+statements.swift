internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

extension SessionStore {
    static let insertStatement = Statement<
        SessionOwner, SessionID, AccountID, [UInt8], String, [String], String?, String?, String?, Timestamp, Timestamp,
        Timestamp
    >(
        "auth.insert-session",
        """
        WITH owner AS (
            SELECT id, roles, epoch FROM auth.accounts WHERE id = $2 AND status = 'active' FOR SHARE
        ), begun AS (
            INSERT INTO auth.sessions (
                id, account, rotated_at, client_binding, client_id, methods, authenticated_at, device_label, ip,
                user_agent, created_at, last_seen_at, idle_expires_at, absolute_expires_at)
            SELECT $1, id, $9, $3, $4, $5, $9, $6, $7, $8, $9, $9, $10, $11 FROM owner
        )
        SELECT roles, epoch FROM owner
        """, SessionOwner.init)

    static let rotateStatement = Statement<
        SessionGrant, SessionID, Int, Timestamp, Timestamp, [UInt8], String?, String?
    >(
        "auth.rotate-session",
        """
        UPDATE auth.sessions AS s SET
            generation = s.generation + 1, rotated_at = $3, confirmed = false, replayed_at = NULL, client_binding = $5,
            ip = coalesce($6, s.ip), user_agent = coalesce($7, s.user_agent), last_seen_at = $3,
            idle_expires_at = least($4, s.absolute_expires_at)
        FROM auth.accounts AS a
        WHERE s.id = $1 AND s.generation = $2 AND s.revoked_at IS NULL AND s.idle_expires_at > $3
            AND s.absolute_expires_at > $3 AND a.id = s.account AND a.status = 'active'
        RETURNING s.id, s.account, a.roles, a.epoch, s.client_id, s.methods, s.authenticated_at,
            least(s.idle_expires_at, s.absolute_expires_at)
        """, SessionGrant.init)

    static let stateStatement = Statement<SessionState, SessionID, Timestamp>(
        "auth.session-state",
        """
        SELECT s.generation, s.rotated_at, s.confirmed, s.replayed_at IS NOT NULL, s.client_binding,
            s.revoked_at IS NOT NULL,
            s.idle_expires_at <= $2 OR s.absolute_expires_at <= $2 OR a.status <> 'active',
            s.id, s.account, a.roles, a.epoch, s.client_id, s.methods, s.authenticated_at,
            least(s.idle_expires_at, s.absolute_expires_at), a.email_key
        FROM auth.sessions AS s JOIN auth.accounts AS a ON a.id = s.account
        WHERE s.id = $1
        """
    ) {
        (
            generation: Int, rotatedAt: Timestamp, isConfirmed: Bool, isReplaySpent: Bool, binding: [UInt8],
            isRevoked: Bool, hasEnded: Bool, id: SessionID, account: AccountID, roles: [String], epoch: Int,
            clientID: String, methods: [String], authenticatedAt: Timestamp, expiresAt: Timestamp, emailKey: String
        ) in
        SessionState(
            standing: RefreshStanding(
                generation: generation, rotatedAt: rotatedAt, isConfirmed: isConfirmed, isReplaySpent: isReplaySpent,
                binding: ClientBinding(digest: binding), isRevoked: isRevoked, hasEnded: hasEnded),
            grant: SessionGrant(
                session: id, account: account, roles: roles, epoch: epoch, clientID: clientID, methods: methods,
                authenticatedAt: authenticatedAt, refreshExpiresAt: expiresAt),
            emailKey: emailKey)
    }

    static let spendReplayStatement = Statement<Void, SessionID, Int, Timestamp>(
        "auth.spend-replay",
        """
        UPDATE auth.sessions SET replayed_at = $3
        WHERE id = $1 AND generation = $2 AND replayed_at IS NULL AND NOT confirmed AND revoked_at IS NULL
        """)

    static let confirmStatement = Statement<Void, SessionID, Timestamp>(
        "auth.confirm-session",
        "UPDATE auth.sessions SET confirmed = true WHERE id = $1 AND rotated_at < $2 AND NOT confirmed")

    static let revokeStatement = Statement<Void, SessionID, AccountID, RevocationReason, Timestamp>(
        "auth.revoke-session",
        """
        UPDATE auth.sessions SET revoked_at = $4, revoked_reason = $3
        WHERE id = $1 AND account = $2 AND revoked_at IS NULL
        """)

    static let belongsStatement = Statement<SessionID, SessionID, AccountID>(
        "auth.session-belongs", "SELECT id FROM auth.sessions WHERE id = $1 AND account = $2")

    static let revokeAllStatement = Statement<SessionID, AccountID, SessionID?, RevocationReason, Timestamp>(
        "auth.revoke-sessions",
        """
        UPDATE auth.sessions SET revoked_at = $4, revoked_reason = $3
        WHERE account = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $2
        RETURNING id
        """)

    static let revokeSurplusStatement = Statement<SessionID, AccountID, RevocationReason, Timestamp>(
        "auth.revoke-surplus-sessions",
        """
        UPDATE auth.sessions SET revoked_at = $3, revoked_reason = $2
        WHERE revoked_at IS NULL AND id IN (
            SELECT id FROM auth.sessions WHERE account = $1 AND revoked_at IS NULL
            ORDER BY last_seen_at DESC, id DESC OFFSET 50)
        RETURNING id
        """)

    static let listStatement = Statement<SessionView, AccountID, SessionID, Timestamp>(
        "auth.list-sessions",
        """
        SELECT id, id = $2, device_label, ip, user_agent, created_at, last_seen_at
        FROM auth.sessions
        WHERE account = $1 AND revoked_at IS NULL AND idle_expires_at > $3 AND absolute_expires_at > $3
        ORDER BY last_seen_at DESC, id DESC LIMIT 50
        """, SessionView.init)

    static let pruneStatement = Statement<Void, Timestamp>(
        "auth.prune-sessions",
        """
        DELETE FROM auth.sessions WHERE id = ANY (ARRAY(
            SELECT id FROM auth.sessions WHERE absolute_expires_at < $1 ORDER BY absolute_expires_at LIMIT 500))
        """)
}
