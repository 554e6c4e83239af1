internal import Contract
internal import Postgres
internal import Primitives

/// Mailed links in the database.
struct LinkStore: Sendable {
    struct Redeemed: Sendable {
        let account: AccountID
        let emailKey: String
        let madeAt: Timestamp
    }

    /// Stores a link unless there is a newer one of its kind; an older one ends.
    ///
    /// - Returns: whether this link is the newest and still unused, so that mailing it makes sense. Storing the same
    ///   link again changes nothing.
    func put(
        _ token: LinkToken, _ kind: LinkKind, for account: Account, madeAt: Timestamp, expiresAt: Timestamp,
        in session: some Session
    ) async throws(PostgresFailure) -> Bool {
        try await session.execute(
            Self.putStatement, account.id, kind.rawValue, token.digest, account.emailKey, madeAt, expiresAt)
        return try await session.first(Self.isUsableStatement, token.digest) ?? false
    }

    /// A link that could be used up now; nil where it is unknown, used, replaced or too old.
    func find(
        _ token: LinkToken, _ kind: LinkKind, at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) -> Redeemed? {
        try await session.first(Self.findStatement, token.digest, kind.rawValue, now)
    }

    /// Uses a link up; nil where it is unknown, used, replaced or too old.
    func redeem(
        _ token: LinkToken, _ kind: LinkKind, at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) -> Redeemed? {
        try await session.first(Self.redeemStatement, token.digest, kind.rawValue, now)
    }

    private static let putStatement = Statement<
        Void, AccountID, String, [UInt8], String, Timestamp, Timestamp
    >(
        "auth.put-link",
        """
        INSERT INTO auth.one_time_links (account, kind, token_sha256, email_key, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (account, kind) DO UPDATE SET
            token_sha256 = excluded.token_sha256, email_key = excluded.email_key, created_at = excluded.created_at,
            expires_at = excluded.expires_at, used_at = NULL
        WHERE one_time_links.created_at <= excluded.created_at
            AND one_time_links.token_sha256 <> excluded.token_sha256
        """)

    private static let isUsableStatement = Statement<Bool, [UInt8]>(
        "auth.link-is-usable", "SELECT used_at IS NULL FROM auth.one_time_links WHERE token_sha256 = $1")

    private static let findStatement = Statement<Redeemed, [UInt8], String, Timestamp>(
        "auth.find-link",
        """
        SELECT account, email_key, created_at FROM auth.one_time_links
        WHERE token_sha256 = $1 AND kind = $2 AND used_at IS NULL AND expires_at > $3
        """, Redeemed.init)

    private static let redeemStatement = Statement<Redeemed, [UInt8], String, Timestamp>(
        "auth.redeem-link",
        """
        UPDATE auth.one_time_links SET used_at = $3
        WHERE token_sha256 = $1 AND kind = $2 AND used_at IS NULL AND expires_at > $3
        RETURNING account, email_key, created_at
        """, Redeemed.init)
}
