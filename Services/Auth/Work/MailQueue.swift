internal import Ledger
internal import Postgres
internal import Primitives
internal import RateLimiting
internal import Redis

/// Promises mails inside transactions; `MailWorker` sends them.
struct MailQueue: Sendable {
    static let kind: JobKind = "auth.mail"
    /// Tries over about two hours: a link of a day that comes later helps nobody.
    private static let attemptsMax = 9
    private static let hour = GCRA(limit: 5, per: .seconds(3600)) ?? .perMinute(1)

    let limiter: RateLimiter

    /// Whether one more mail to an address is within 1 a minute and 5 an hour. Asking counts.
    func mayMail(_ emailKey: String) async -> Bool {
        let subject = AuthParts.opaqueKey(emailKey)
        let demands = [
            RateDemand(key: "mail-minute:\(subject)", limit: .perMinute(1)),
            RateDemand(key: "mail-hour:\(subject)", limit: Self.hour),
        ]
        return await limiter.decide(demands, counting: .exact).isAllowed
    }

    func enqueue(_ order: MailOrder, in transaction: Transaction) async throws(PostgresFailure) {
        try await JobQueue.enqueue(
            in: transaction, kind: Self.kind, payload: JSONBytes(order.payload), attemptsMax: Self.attemptsMax)
    }
}
