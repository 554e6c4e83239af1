internal import Contract
internal import Cryptography
internal import Logging
internal import Postgres
internal import Primitives
internal import RateLimiting
internal import Redis
internal import ServiceKit

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

    /// Names an address in Redis without telling it.
    static func opaqueKey(_ emailKey: String) -> String {
        Hex.encode(SHA256.hash("causeway account key v1 \(emailKey)").prefix(16))
    }
}
