package import Contract
package import Cryptography
internal import Ledger
package import Logging
package import Outbound
package import Postgres
package import Primitives
internal import Protocol
internal import RateLimiting
package import Redis
package import Telemetry

/// Accounts, sessions, tokens and their revocation.
///
/// Layer 8. Owns the schema `auth`, into which no other service looks. The executable makes one, serves its `endpoints`
/// and keeps `run` going.
package struct AuthService: Sendable {
    package static let schema = "auth"
    package static let migrations = AuthMigrations.all

    /// Hands one mail over.
    package typealias Mailer = @Sendable (MailMessage) async throws(MailFailure) -> Void

    private let parts: AuthParts
    private let mailWorker: MailWorker

    /// - Parameters:
    ///   - database: connects as the data-only role, with `schema` as its search path.
    ///   - mailer: `MailSender.send` where mails are to leave the process.
    ///   - limits: is told which limits acted.
    ///   - keyPrefix: stands before every key in Redis; tests keep apart by it.
    package init(
        configuration: AuthConfiguration, secrets: AuthSecrets, database: Database, redis: RedisClient,
        hasher: PasswordHasher, mailer: @escaping Mailer, limits: LimitObserver, keyPrefix: String = "auth:",
        clock: Clock = .system, logger: Logger
    ) {
        let common = CommonPasswords(path: configuration.commonPasswordsPath)
        logger.info(
            "common passwords are refused", metadata: ["source": "\(common.source)", "count": "\(common.count)"])
        var counting = RateLimiter.Settings()
        counting.timeout = configuration.limitTimeout
        let limiter = RateLimiter(client: redis, keyPrefix: "\(keyPrefix)limit:", settings: counting)
        parts = AuthParts(
            configuration: configuration, database: database,
            passwords: PasswordVault(hasher: hasher, pepper: secrets.pepper),
            passwordRules: PasswordRules(codePointsMin: configuration.passwordCodePointsMin, common: common),
            refreshTokens: secrets.refreshTokens,
            signingKeys: SigningKeys(
                database: database, keyring: secrets.signingKeys, schedule: configuration.keySchedule, clock: clock,
                logger: logger),
            attempts: AttemptGuard(
                client: redis, policy: configuration.limits.attempts, keyPrefix: "\(keyPrefix)attempt:",
                timeout: configuration.limitTimeout),
            limiter: limiter, limits: limits,
            publisher: RevocationPublisher(database: database, redis: redis, clock: clock, logger: logger),
            mail: MailQueue(
                limiter: limiter, perMinute: configuration.limits.mailsPerMinute,
                perHour: configuration.limits.mailsPerHour, limits: limits),
            proofs: secrets.proofs,
            clock: clock, logger: logger)
        mailWorker = MailWorker(
            configuration: configuration, database: database, mint: secrets.linkTokens, send: mailer, clock: clock,
            logger: logger)
    }

    package var endpoints: [BoundEndpoint] {
        let ledger = IdempotencyLedger(parts.database)
        return Suite.auth.serve(
            RegisterHandler(parts: parts), VerifyEmailHandler(parts: parts), ResendVerificationHandler(parts: parts),
            LoginHandler(parts: parts), RefreshTokensHandler(parts: parts), LogoutHandler(parts: parts),
            LogoutEverywhereHandler(parts: parts), ReadMeHandler(parts: parts), ListSessionsHandler(parts: parts),
            RevokeSessionHandler(parts: parts), ReadKeySetHandler(parts: parts), ReadAccountHandler(parts: parts),
            ListRevocationsHandler(parts: parts), ReadAnyAccountHandler(parts: parts),
            Keyed(DisableAccountHandler(parts: parts), ledger), Keyed(EnableAccountHandler(parts: parts), ledger),
            DeleteAccountHandler(parts: parts), CreateAPIKeyHandler(parts: parts), ListAPIKeysHandler(parts: parts),
            ReadAPIKeyHandler(parts: parts), UpdateAPIKeyHandler(parts: parts), DeleteAPIKeyHandler(parts: parts),
            RotateAPIKeyHandler(parts: parts), ResolveAPIKeyHandler(parts: parts))
    }

    /// Makes what is missing before the first request: the signing keys. A call that comes earlier does it too.
    package func prepare() async throws {
        try await parts.signingKeys.refresh()
    }

    /// Sends mails, pushes revocations that were not pushed at once, rotates keys and tidies up, until cancelled.
    /// Faults of the database, of Redis and of the mail server are waited out.
    package func run() async throws {
        let watch = KeyWatch(keys: parts.signingKeys, logger: parts.logger)
        let housekeeping = Housekeeping(
            database: parts.database, sessionHistory: parts.configuration.sessionHistory, clock: parts.clock,
            logger: parts.logger)
        await withDiscardingTaskGroup { group in
            group.addTask { await mailWorker.runner.run() }
            group.addTask { await parts.publisher.run() }
            group.addTask { await watch.run() }
            group.addTask { await housekeeping.run() }
        }
    }

    /// The addresses of demonstration accounts that can sign in, with passwords that everyone knows.
    package static func demoAccounts(in database: Database) async throws(PostgresFailure) -> [String] {
        try await DemoAccountStore().active(in: database)
    }

    /// How its rate limits are counted, for metrics.
    package var limiter: RateLimiter { parts.limiter }

    /// Checks that the audit is whole and unaltered.
    ///
    /// - Parameter noted: an end that was noted elsewhere, through which the chain must pass.
    /// - Returns: where it ends.
    /// - Throws: `AuditChain.Fault` where it is not.
    package static func verifyAudit(
        _ database: Database, through noted: AuditTail? = nil
    ) async throws -> AuditTail {
        try await AuditStore().verify(database, through: noted)
    }
}
