internal import Postgres
internal import Primitives

/// A signing key as it is stored.
struct SigningKeyRow: Sendable, Hashable {
    let kid: String
    let x: [UInt8]
    let y: [UInt8]
    /// In a sealed box.
    let privateKey: [UInt8]
    let publishedAt: Timestamp
    let activeAt: Timestamp
}

/// Signing keys in the database.
struct KeyStore: Sendable {
    /// Waits until no other process changes keys, until the transaction ends.
    func lock(in transaction: Transaction) async throws(PostgresFailure) {
        _ = try await transaction.one(Self.lockStatement)
    }

    /// The published keys, in the order in which they sign.
    func published(in session: some Session) async throws(PostgresFailure) -> [SigningKeyRow] {
        try await session.all(Self.publishedStatement)
    }

    func insert(_ key: SigningKeyRow, in session: some Session) async throws(PostgresFailure) {
        try await session.execute(
            Self.insertStatement, key.kid, key.x, key.y, key.privateKey, key.publishedAt, key.activeAt)
    }

    /// Forgets the private half and unpublishes the public one.
    func retire(_ kid: String, at now: Timestamp, in session: some Session) async throws(PostgresFailure) {
        try await session.execute(Self.retireStatement, kid, now)
    }

    private static let lockStatement = Statement<Bool>(
        "auth.lock-keys",
        "SELECT pg_advisory_xact_lock(hashtextextended('signing keys of auth', 0)) IS NOT NULL")

    private static let publishedStatement = Statement<SigningKeyRow>(
        "auth.published-keys",
        """
        SELECT kid, x, y, private_key, published_at, active_at FROM auth.signing_keys
        WHERE retired_at IS NULL ORDER BY active_at, kid LIMIT 16
        """, SigningKeyRow.init)

    private static let insertStatement = Statement<
        Void, String, [UInt8], [UInt8], [UInt8], Timestamp, Timestamp
    >(
        "auth.insert-key",
        """
        INSERT INTO auth.signing_keys (kid, x, y, private_key, created_at, published_at, active_at)
        VALUES ($1, $2, $3, $4, $5, $5, $6)
        """)

    private static let retireStatement = Statement<Void, String, Timestamp>(
        "auth.retire-key",
        "UPDATE auth.signing_keys SET retired_at = $2, private_key = NULL WHERE kid = $1 AND retired_at IS NULL")
}
