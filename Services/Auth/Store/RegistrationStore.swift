internal import Contract
internal import Postgres
internal import Primitives

/// The passwords that unverified addresses were registered with.
///
/// Whoever registers an address first must not choose its password: it is the registration whose mailed link is
/// followed that counts. As many rows as mails are allowed, and all of an account's go when it is verified.
struct RegistrationStore: Sendable {
    /// One of the registrations of an address.
    struct Registration: Sendable {
        let madeAt: Timestamp
        /// In a sealed box.
        let password: [UInt8]
    }

    /// The newest registrations of `account`, newest first: as many as passwords may be tried on.
    func newest(of account: AccountID, in session: some Session) async throws(PostgresFailure) -> [Registration] {
        try await session.all(Self.newestStatement, account)
    }

    func areSeveral(of account: AccountID, in session: some Session) async throws(PostgresFailure) -> Bool {
        try await session.one(Self.areSeveralStatement, account)
    }

    func put(
        _ password: [UInt8], of account: AccountID, madeAt: Timestamp, in session: some Session
    ) async throws(PostgresFailure) {
        try await session.execute(Self.putStatement, account, madeAt, password)
    }

    /// Makes the password of one registration the account's, and forgets the others.
    ///
    /// - Parameter time: when the registration was made, or the link that belongs to it; a link that was asked for
    ///   again belongs to the registration before it.
    func settle(
        _ account: AccountID, madeUntil time: Timestamp, at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) {
        try await session.execute(Self.settleStatement, account, time, now)
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

    private static let newestStatement = Statement<Registration, AccountID>(
        "auth.newest-registrations",
        """
        SELECT made_at, password FROM auth.registrations WHERE account = $1 ORDER BY made_at DESC LIMIT 8
        """, Registration.init)

    private static let areSeveralStatement = Statement<Bool, AccountID>(
        "auth.are-registrations-several",
        """
        SELECT count(*) > 1 FROM (SELECT 1 FROM auth.registrations WHERE account = $1 LIMIT 2) AS few
        """)
}
