import AuthService
import ContentService
import Contract
import Cryptography
import Logging
import NIOPosix
import Outbound
import Postgres
import Primitives
import Redis
import ServiceKit
import Telemetry
import TestKit
import UserService

/// The three services in this process, each on its schema as its data role, with every call measured.
struct MeteredSuite: Sendable {
    let auth: MeteredProbe
    let user: MeteredProbe
    let content: MeteredProbe
    let meter: QueryMeter
    let authDatabase: Database
    private let mails: Collected<MailMessage>
    private let sendMails: @Sendable () async throws -> Void

    /// Runs `body` without the services' background work, which would now and then do before a call what that does.
    static func with(_ body: (MeteredSuite) async throws -> Void) async throws {
        let redis = RedisClient(
            configuration: RedisConfiguration(address: .host("127.0.0.1", port: try TestRedis.port())),
            group: MultiThreadedEventLoopGroup.singleton)
        try await SeededSuite.with(filled: false) { suite in
            try await suite.open(AuthService.schema) { authDatabase in
                try await suite.open(UserService.schema) { userDatabase in
                    try await suite.open(ContentService.schema) { contentDatabase in
                        let mails = Collected<MailMessage>()
                        let auth = try Self.auth(authDatabase, redis, mails)
                        let logger = Logger(label: "budget") { _ in SwiftLogNoOpLogHandler() }
                        let user = UserService(
                            database: userDatabase,
                            auth: ApartCaller(caller: LocalCaller(from: .user, endpoints: auth.endpoints)),
                            logger: logger)
                        let content = ContentService(
                            configuration: ContentConfiguration(cursorKeys: [Secret(Array(0..<32))]),
                            database: contentDatabase,
                            user: ApartCaller(caller: LocalCaller(from: .content, endpoints: user.endpoints)),
                            logger: logger)
                        let meter = QueryMeter()
                        let suite = MeteredSuite(
                            auth: MeteredProbe(probe: EndpointProbe(auth.endpoints), meter: meter),
                            user: MeteredProbe(probe: EndpointProbe(user.endpoints), meter: meter),
                            content: MeteredProbe(probe: EndpointProbe(content.endpoints), meter: meter), meter: meter,
                            authDatabase: authDatabase, mails: mails, sendMails: { try await auth.run() })
                        try await auth.prepare()
                        try await body(suite)
                    }
                }
            }
        }
        await redis.close()
    }

    private static func auth(
        _ database: Database, _ redis: RedisClient, _ mails: Collected<MailMessage>
    ) throws -> AuthService {
        var configuration = AuthConfiguration(publicURL: "https://suite.example")
        configuration.commonPasswordsPath = "/nonexistent"
        configuration.limitTimeout = .seconds(10)
        let key = Secret(Random.bytes(32))
        let logger = Logger(label: "budget") { _ in SwiftLogNoOpLogHandler() }
        return AuthService(
            configuration: configuration,
            secrets: try AuthSecrets(pepper: [("p1", key)], seal: [("s1", key)], refresh: [key], gatewayContext: [key]),
            database: database, redis: redis,
            hasher: PasswordHasher(
                parameters: PasswordParameters(memoryKiB: 8, iterations: 1) ?? .standard, threads: 1, queueMax: 32),
            mailer: { (message) throws(MailFailure) in mails.append(message) },
            limits: LimitObserver(registry: PrometheusRegistry(), logger: logger),
            keyPrefix: TestRedis.prefix("budget"), logger: logger)
    }

    /// The token of a mail to `address`, once it has come.
    func linkToken(to address: String) async throws -> String {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await sendMails() }
            defer { group.cancelAll() }
            let deadline = Deadline.after(.seconds(20))
            while !deadline.hasPassed {
                let found = mails.all.last { $0.to.address == address }
                if let text = found?.text, let mark = text.firstRange(of: "#token=") {
                    return String(text[mark.upperBound...].prefix { !$0.isWhitespace })
                }
                try await Task.sleep(for: .milliseconds(10))
            }
            throw NoMail()
        }
    }

    struct NoMail: Error {}
}
