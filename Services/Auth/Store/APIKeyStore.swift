internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol
internal import ServiceKit

/// API keys in the database. Every statement but the look-up carries the owner, so that another's key is not there.
struct APIKeyStore: Sendable {
    /// Adds a key with the digest of `key`.
    ///
    /// - Returns: false where the account has `APIKeyLimits.keysPerAccountMax` keys.
    func insert(
        _ row: APIKeyRow, _ key: APIKey, of account: AccountID, in session: some Session
    ) async throws(PostgresFailure) -> Bool {
        try await session.first(
            Self.insertStatement, row.id, account, row.grant, row.name, row.prefix, key.digest, row.scopes,
            row.allowedCidrs, row.createdAt, row.expiresAt) != nil
    }

    /// The newest first.
    func list(of account: AccountID, in session: some Session) async throws(PostgresFailure) -> [APIKeyRow] {
        try await session.all(Self.listStatement, account)
    }

    func read(
        _ id: APIKeyID, of account: AccountID, in session: some Session
    ) async throws(PostgresFailure) -> APIKeyRow? {
        try await session.first(Self.readStatement, id, account)
    }

    /// Writes name, grant, scopes and ranges of `row` where the key still has its version.
    ///
    /// - Returns: the key as it is now; nil where it was changed meanwhile.
    func update(
        _ row: APIKeyRow, of account: AccountID, at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) -> APIKeyRow? {
        try await session.first(
            Self.updateStatement, row.id, account, row.version, row.name, row.grant, row.scopes, row.allowedCidrs, now)
    }

    /// Gives the key another secret; nil where the account has no such key.
    func rotate(
        _ id: APIKeyID, of account: AccountID, to renewal: APIKeyRenewal, at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) -> RotatedAPIKey? {
        try await session.first(
            Self.rotateStatement, id, account, renewal.key.prefix, renewal.key.digest, renewal.grant,
            renewal.expiresAt, now)
    }

    /// Deletes the key where it still has this version.
    func delete(
        _ row: APIKeyRow, of account: AccountID, in session: some Session
    ) async throws(PostgresFailure) -> Bool {
        try await session.execute(Self.deleteStatement, row.id, account, row.version) == 1
    }

    /// What a key stands for, and notes that it was used; nil where it is unknown or over, or its account is closed.
    func resolve(
        digest: [UInt8], at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) -> APIKeyGrant? {
        try await session.first(Self.resolveStatement, digest, now)
    }

    private static let insertStatement = Statement<
        APIKeyID, APIKeyID, AccountID, SessionID, String, String, [UInt8], [String], [String], Timestamp, Timestamp
    >(
        "auth.insert-api-key",
        """
        INSERT INTO auth.api_keys (
            id, account, grant_id, name, prefix, key_sha256, scopes, allowed_cidrs, created_at, updated_at, expires_at)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10
        WHERE (SELECT count(*) FROM auth.api_keys WHERE account = $2) < 50
        RETURNING id
        """)

    private static let listStatement = Statement<APIKeyRow, AccountID>(
        "auth.list-api-keys",
        """
        SELECT id, grant_id, name, prefix, scopes, allowed_cidrs, version, created_at, expires_at, last_used_at
        FROM auth.api_keys WHERE account = $1 ORDER BY created_at DESC LIMIT 50
        """, APIKeyRow.init)

    private static let readStatement = Statement<APIKeyRow, APIKeyID, AccountID>(
        "auth.read-api-key",
        """
        SELECT id, grant_id, name, prefix, scopes, allowed_cidrs, version, created_at, expires_at, last_used_at
        FROM auth.api_keys WHERE id = $1 AND account = $2
        """, APIKeyRow.init)

    private static let updateStatement = Statement<
        APIKeyRow, APIKeyID, AccountID, Int, String, SessionID, [String], [String], Timestamp
    >(
        "auth.update-api-key",
        """
        UPDATE auth.api_keys SET name = $4, grant_id = $5, scopes = $6, allowed_cidrs = $7, updated_at = $8,
            version = version + 1
        WHERE id = $1 AND account = $2 AND version = $3
        RETURNING id, grant_id, name, prefix, scopes, allowed_cidrs, version, created_at, expires_at, last_used_at
        """, APIKeyRow.init)

    private static let rotateStatement = Statement<
        RotatedAPIKey, APIKeyID, AccountID, String, [UInt8], SessionID, Timestamp, Timestamp
    >(
        "auth.rotate-api-key",
        """
        UPDATE auth.api_keys AS k SET prefix = $3, key_sha256 = $4, grant_id = $5, expires_at = $6, updated_at = $7,
            version = k.version + 1, last_used_at = NULL
        FROM (SELECT id, grant_id FROM auth.api_keys WHERE id = $1 AND account = $2 FOR UPDATE) AS old
        WHERE k.id = old.id
        RETURNING old.grant_id, k.id, k.grant_id, k.name, k.prefix, k.scopes, k.allowed_cidrs, k.version, k.created_at,
            k.expires_at, k.last_used_at
        """
    ) {
        (
            endedGrant: SessionID, id: APIKeyID, grant: SessionID, name: String, prefix: String, scopes: [String],
            allowedCidrs: [String], version: Int, createdAt: Timestamp, expiresAt: Timestamp, lastUsedAt: Timestamp?
        ) in
        RotatedAPIKey(
            endedGrant: endedGrant,
            row: APIKeyRow(
                id: id, grant: grant, name: name, prefix: prefix, scopes: scopes, allowedCidrs: allowedCidrs,
                version: version, createdAt: createdAt, expiresAt: expiresAt, lastUsedAt: lastUsedAt))
    }

    private static let deleteStatement = Statement<Void, APIKeyID, AccountID, Int>(
        "auth.delete-api-key", "DELETE FROM auth.api_keys WHERE id = $1 AND account = $2 AND version = $3")

    private static let resolveStatement = Statement<APIKeyGrant, [UInt8], Timestamp>(
        "auth.resolve-api-key",
        """
        UPDATE auth.api_keys AS k SET last_used_at = $2 FROM auth.accounts AS a
        WHERE k.key_sha256 = $1 AND k.expires_at > $2 AND a.id = k.account AND a.status = 'active'
        RETURNING k.id, k.grant_id, k.account, a.roles, k.scopes, k.allowed_cidrs, a.epoch, k.created_at, k.expires_at
        """, APIKeyGrant.init)
}
