internal import Contract
internal import Postgres
internal import Primitives

/// The standing of accounts in Postgres. Each call locks the account's row until the transaction ends.
struct StandingStore: Sendable {
    /// The standing of `account`, `active` where nothing else was heard.
    func lock(_ account: AccountID, in transaction: Transaction) async throws(PostgresFailure) -> Standing {
        try await transaction.one(Self.lock, account)
    }

    /// Takes a change over; false where it is older than what is known, or the account was erased.
    func change(
        _ account: AccountID, to standing: Standing, epoch: Int, in transaction: Transaction
    ) async throws(PostgresFailure) -> Bool {
        try await transaction.execute(Self.change, account, standing, epoch) == 1
    }

    /// Buries `account`.
    func erase(_ account: AccountID, in transaction: Transaction) async throws(PostgresFailure) {
        try await transaction.execute(Self.erase, account)
    }

    /// An update that changes nothing takes the lock, also of a row that another transaction is about to make.
    private static let lock = Statement<Standing, AccountID>(
        "user.lock-standing",
        """
        INSERT INTO standings (account, standing, epoch) VALUES ($1, 'active', 0)
        ON CONFLICT (account) DO UPDATE SET epoch = standings.epoch
        RETURNING standing
        """)

    private static let change = Statement<Void, AccountID, Standing, Int>(
        "user.change-standing",
        """
        INSERT INTO standings (account, standing, epoch) VALUES ($1, $2, $3)
        ON CONFLICT (account) DO UPDATE SET standing = excluded.standing, epoch = excluded.epoch
        WHERE standings.standing <> 'erased' AND standings.epoch < excluded.epoch
        """)

    private static let erase = Statement<Void, AccountID>(
        "user.erase-standing",
        """
        INSERT INTO standings (account, standing, epoch) VALUES ($1, 'erased', 0)
        ON CONFLICT (account) DO UPDATE SET standing = excluded.standing
        """)
}
