internal import Contract
internal import Ledger
internal import Postgres
internal import Primitives
internal import RateLimiting
internal import Redis
internal import Telemetry

/// Promises mails inside transactions; `MailWorker` sends them.
struct MailQueue: Sendable {
    static let kind: JobKind = "auth.mail"
    /// Tries over about two hours: a link of a day that comes later helps nobody.
    private static let attemptsMax = 9

    let limiter: RateLimiter
    let perMinute: GCRA
    let perHour: GCRA
    let limits: LimitObserver

    /// Whose share of an address a mail is counted against.
    enum Share: Sendable {
        /// Mails that anybody can cause who knows the address.
        case requested
        /// What an owner has to be told. A share of its own, or whoever uses the other one up keeps it quiet.
        case notices
    }

    /// Whether one more mail to an address is within what its share has a minute and an hour. Asking counts.
    func mayMail(_ emailKey: String, from share: Share, _ facts: CallFacts) async -> Bool {
        let subject = AuthParts.opaqueKey(emailKey)
        let kind = share == .requested ? "mail" : "notice"
        let demands = [
            RateDemand(key: "\(kind)-minute:\(subject)", limit: perMinute),
            RateDemand(key: "\(kind)-hour:\(subject)", limit: perHour),
        ]
        let isAllowed = await limiter.decide(demands, counting: .exact).isAllowed
        if !isAllowed { limits.acted(share == .requested ? "mails-per-address" : "notices-per-address", facts) }
        return isAllowed
    }

    func enqueue(_ order: MailOrder, in transaction: Transaction) async throws(PostgresFailure) {
        try await JobQueue.enqueue(
            in: transaction, kind: Self.kind, payload: JSONBytes(order.payload), attemptsMax: Self.attemptsMax)
    }
}
