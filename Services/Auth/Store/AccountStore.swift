internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

/// Accounts and their passwords in the database.
struct AccountStore: Sendable {
    /// Adds an account unless its address is taken.
    ///
    /// - Returns: false where it is.
    func insert(_ account: Account, in session: some Session) async throws(PostgresFailure) -> Bool {
        try await session.first(
            Self.insertStatement, account.id, account.email, account.emailKey, account.emailVerifiedAt,
            account.displayName, account.locale, account.roles, account.createdAt) != nil
    }

    func insertCredential(
        of account: AccountID, password: [UInt8], at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) {
        try await session.execute(Self.insertCredentialStatement, account, password, now)
    }

    func read(_ id: AccountID, in session: some Session) async throws(PostgresFailure) -> Account? {
        try await session.first(Self.readStatement, id)
    }

    /// Reads the account of a caller, and whether the caller's access token proves that the session's newest refresh
    /// token has reached its client, which is not noted yet.
    func readSignedIn(
        _ id: AccountID, session: SessionID, rotatedBefore: Timestamp, in connection: some Session
    ) async throws(PostgresFailure) -> SignedInRow? {
        try await connection.first(Self.readSignedInStatement, id, session, rotatedBefore)
    }

    func find(emailKey: String, in session: some Session) async throws(PostgresFailure) -> Account? {
        try await session.first(Self.findStatement, emailKey)
    }

    func login(emailKey: String, in session: some Session) async throws(PostgresFailure) -> LoginRow? {
        try await session.first(Self.loginStatement, emailKey)
    }

    /// Marks the address as verified if it is still the one that the link was mailed to.
    func verify(
        _ id: AccountID, emailKey: String, at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) -> Bool {
        try await session.execute(Self.verifyStatement, id, emailKey, now) == 1
    }

    /// Replaces a sealed password by another seal of the same password, unless it was changed meanwhile.
    func reseal(
        _ account: AccountID, from old: [UInt8], to new: [UInt8], in session: some Session
    ) async throws(PostgresFailure) {
        try await session.execute(Self.resealStatement, account, old, new)
    }

    /// Refuses every password until it is reset; false where that is so already.
    func disablePassword(
        of account: AccountID, at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) -> Bool {
        try await session.execute(Self.disablePasswordStatement, account, now) == 1
    }

    /// Ends every access token that was made so far, and gives the new epoch.
    func raiseEpoch(
        of account: AccountID, at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) -> Int? {
        try await session.first(Self.raiseEpochStatement, account, now)
    }

    /// Disables or enables an account and ends every access token that was made so far.
    ///
    /// - Returns: the account with its new epoch; nil where it has that status already, or there is none.
    func change(
        _ account: AccountID, to status: AccountStatus, at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) -> Account? {
        try await session.first(Self.changeStatusStatement, account, status, now)
    }

    /// Deletes the account with its password, sessions and links, and keeps its id as used up.
    ///
    /// - Returns: the epoch that the account had; nil where there is none.
    func erase(
        _ account: AccountID, at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) -> Int? {
        try await session.first(Self.eraseStatement, account, now)
    }

    func isErased(_ id: AccountID, in session: some Session) async throws(PostgresFailure) -> Bool {
        try await session.one(Self.isErasedStatement, id)
    }
}

extension AccountStore {
    private static let insertStatement = Statement<
        AccountID, AccountID, String, String, Timestamp?, String?, String?, [String], Timestamp
    >(
        "auth.insert-account",
        """
        INSERT INTO auth.accounts (
            id, email, email_key, email_verified_at, display_name, locale, roles, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
        ON CONFLICT (email_key) DO NOTHING
        RETURNING id
        """)

    private static let insertCredentialStatement = Statement<Void, AccountID, [UInt8], Timestamp>(
        "auth.insert-credential",
        "INSERT INTO auth.credentials (account, password, changed_at) VALUES ($1, $2, $3)")

    private static let readStatement = Statement<Account, AccountID>(
        "auth.read-account",
        """
        SELECT id, email, email_key, email_verified_at, display_name, locale, roles, status, epoch, created_at
        FROM auth.accounts WHERE id = $1
        """, Account.init)

    private static let readSignedInStatement = Statement<SignedInRow, AccountID, SessionID, Timestamp>(
        "auth.read-signed-in",
        """
        SELECT a.id, a.email, a.email_key, a.email_verified_at, a.display_name, a.locale, a.roles, a.status, a.epoch,
            a.created_at, coalesce(NOT s.confirmed AND s.rotated_at < $3, false)
        FROM auth.accounts AS a LEFT JOIN auth.sessions AS s ON s.id = $2 AND s.account = a.id
        WHERE a.id = $1
        """
    ) {
        (
            id: AccountID, email: String, emailKey: String, verifiedAt: Timestamp?, displayName: String?,
            locale: String?, roles: [String], status: AccountStatus, epoch: Int, createdAt: Timestamp, confirms: Bool
        ) in
        SignedInRow(
            account: Account(
                id: id, email: email, emailKey: emailKey, emailVerifiedAt: verifiedAt, displayName: displayName,
                locale: locale, roles: roles, status: status, epoch: epoch, createdAt: createdAt),
            confirmsRefresh: confirms)
    }

    private static let findStatement = Statement<Account, String>(
        "auth.find-account",
        """
        SELECT id, email, email_key, email_verified_at, display_name, locale, roles, status, epoch, created_at
        FROM auth.accounts WHERE email_key = $1
        """, Account.init)

    private static let loginStatement = Statement<LoginRow, String>(
        "auth.login",
        """
        SELECT a.id, a.email, a.email_key, a.email_verified_at, a.display_name, a.locale, a.roles, a.status, a.epoch,
            a.created_at, c.password, c.disabled_at IS NOT NULL
        FROM auth.accounts AS a JOIN auth.credentials AS c ON c.account = a.id
        WHERE a.email_key = $1
        """
    ) {
        (
            id: AccountID, email: String, emailKey: String, verifiedAt: Timestamp?, displayName: String?,
            locale: String?, roles: [String], status: AccountStatus, epoch: Int, createdAt: Timestamp,
            password: [UInt8], isDisabled: Bool
        ) in
        LoginRow(
            account: Account(
                id: id, email: email, emailKey: emailKey, emailVerifiedAt: verifiedAt, displayName: displayName,
                locale: locale, roles: roles, status: status, epoch: epoch, createdAt: createdAt),
            password: password, isPasswordDisabled: isDisabled)
    }

    private static let verifyStatement = Statement<Void, AccountID, String, Timestamp>(
        "auth.verify-email",
        """
        UPDATE auth.accounts SET email_verified_at = coalesce(email_verified_at, $3), updated_at = $3
        WHERE id = $1 AND email_key = $2
        """)

    private static let resealStatement = Statement<Void, AccountID, [UInt8], [UInt8]>(
        "auth.reseal-password",
        "UPDATE auth.credentials SET password = $3 WHERE account = $1 AND password = $2")

    private static let disablePasswordStatement = Statement<Void, AccountID, Timestamp>(
        "auth.disable-password",
        "UPDATE auth.credentials SET disabled_at = $2 WHERE account = $1 AND disabled_at IS NULL")

    private static let raiseEpochStatement = Statement<Int, AccountID, Timestamp>(
        "auth.raise-epoch",
        "UPDATE auth.accounts SET epoch = epoch + 1, updated_at = $2 WHERE id = $1 RETURNING epoch")

    private static let changeStatusStatement = Statement<Account, AccountID, AccountStatus, Timestamp>(
        "auth.change-account-status",
        """
        UPDATE auth.accounts SET status = $2, epoch = epoch + 1, updated_at = $3 WHERE id = $1 AND status <> $2
        RETURNING id, email, email_key, email_verified_at, display_name, locale, roles, status, epoch, created_at
        """, Account.init)

    private static let eraseStatement = Statement<Int, AccountID, Timestamp>(
        "auth.erase-account",
        """
        WITH erased AS (
            DELETE FROM auth.accounts WHERE id = $1 RETURNING id, epoch
        ), kept AS (
            INSERT INTO auth.erased_accounts (id, erased_at) SELECT id, $2 FROM erased
        )
        SELECT epoch FROM erased
        """)

    private static let isErasedStatement = Statement<Bool, AccountID>(
        "auth.is-erased", "SELECT EXISTS (SELECT 1 FROM auth.erased_accounts WHERE id = $1)")
}
