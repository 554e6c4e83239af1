internal import Contract
internal import Cryptography
internal import Logging
internal import Postgres
internal import Primitives
internal import RateLimiting
internal import Redis
internal import ServiceKit
internal import Telemetry

/// What the handlers share.
struct AuthParts: Sendable {
    let configuration: AuthConfiguration
    let database: Database
    let passwords: PasswordVault
    let passwordRules: PasswordRules
    let refreshTokens: RefreshTokenKeyring
    let signingKeys: SigningKeys
    let attempts: AttemptGuard
    let limiter: RateLimiter
    /// Is told which of this service's limits acted.
    let limits: LimitObserver
    let publisher: RevocationPublisher
    let mail: MailQueue
    let proofs: SessionProof
    let clock: Clock
    let logger: Logger

    let accounts = AccountStore()
    let sessions = SessionStore()
    let links = LinkStore()
    let apiKeys = APIKeyStore()
    let registrations = RegistrationStore()
    let revocations = RevocationStore()
    let audit = AuditStore()

    /// Makes tokens of a session.
    var issuer: TokenIssuer {
        TokenIssuer(configuration: configuration, refreshTokens: refreshTokens)
    }

    /// Counts a call against one limit of this service, beside those of the gateway, and tells where that acts.
    ///
    /// - Returns: when it may be made; nil where it may be now.
    func refusal(by demand: RateDemand, named limit: StaticString, _ facts: CallFacts) async -> Duration? {
        let decision = await limiter.decide([demand], counting: .exact)
        guard !decision.isAllowed else { return nil }
        limits.acted(limit, facts)
        return decision.retryAfter
    }

    /// Names an address in Redis without telling it.
    static func opaqueKey(_ emailKey: String) -> String {
        Hex.encode(SHA256.hash("causeway account key v1 \(emailKey)").prefix(16))
    }
}

extension LimitObserver {
    /// - Parameter limit: one of a few names that no other part of the suite has, since parts may share a process.
    func acted(_ limit: StaticString, _ facts: CallFacts) {
        observe(LimitObservation(limit: limit, requestID: RequestID(facts.requestID)))
    }
}
