internal import Contract
internal import Postgres
internal import Primitives

/// The passwords that unverified addresses were registered with.
///
/// Whoever registers an address first must not choose its password: it is the registration whose mailed link is
/// followed that counts. As many rows as mails are allowed, and all of an account's go when it is verified.
struct RegistrationStore: Sendable {
    func put(
        _ password: [UInt8], of account: AccountID, madeAt: Timestamp, in session: some Session
    ) async throws(PostgresFailure) {
        try await session.execute(Self.putStatement, account, madeAt, password)
    }

    /// Makes the password of the registration that a link belongs to the account's, and forgets the others.
    ///
    /// - Parameter linkMadeAt: when the link became due; a link that was asked for again belongs to the registration
    ///   before it.
    func settle(
        _ account: AccountID, linkMadeAt: Timestamp, at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) {
        try await session.execute(Self.settleStatement, account, linkMadeAt, now)
        try await session.execute(Self.forgetStatement, account)
    }

    private static let putStatement = Statement<Void, AccountID, Timestamp, [UInt8]>(
        "auth.put-registration",
        """
        INSERT INTO auth.registrations (account, made_at, password) VALUES ($1, $2, $3)
        ON CONFLICT (account, made_at) DO UPDATE SET password = excluded.password
        """)

    private static let settleStatement = Statement<Void, AccountID, Timestamp, Timestamp>(
        "auth.settle-registration",
        """
        UPDATE auth.credentials SET password = newest.password, changed_at = $3
        FROM (
            SELECT password FROM auth.registrations WHERE account = $1 AND made_at <= $2
            ORDER BY made_at DESC LIMIT 1
        ) newest
        WHERE account = $1
        """)

    private static let forgetStatement = Statement<Void, AccountID>(
        "auth.forget-registrations", "DELETE FROM auth.registrations WHERE account = $1")
}
