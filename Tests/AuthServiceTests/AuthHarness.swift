import AuthService
import Contract
import Cryptography
import JSON
import Logging
import NIOPosix
import Outbound
import Postgres
import Primitives
import Redis
import Telemetry
import TestKit

/// The service on real servers, called as the dispatcher calls it: no sockets, no gateway.
struct AuthHarness: Sendable {
    let service: AuthService
    let endpoints: [String: BoundEndpoint]
    let database: Database
    let testDatabase: TestDatabase
    let redis: RedisClient
    let clock: ManualClock
    let mails: Collected<MailMessage>
    /// What the mail server did not take.
    let refusedMails: Collected<MailMessage>
    let secrets: AuthSecrets
    let registry: PrometheusRegistry

    static let password = "a quite ordinary sentence"

    /// How a test differs from the usual.
    struct Options: Sendable {
        var adjust: @Sendable (inout AuthConfiguration) -> Void = { _ in }
        var parameters = PasswordParameters(memoryKiB: 8, iterations: 1) ?? .standard
        var hasherThreads = 2
        var hasherQueueMax = 32
        /// Whether it refuses as one does that is busy.
        var isHasherShut = false
        /// Nil for the shared server.
        var redisPort: Int?
        var secrets = AuthHarness.secrets(pepper: ["p1"])
        /// What the mail server answers; nil takes every mail.
        var mailFailure: MailFailure?
        var unavailableWait: Duration?
    }

    static func secrets(pepper ids: [String]) -> AuthSecrets {
        func key(_ text: String) -> Secret<[UInt8]> { Secret(SHA256.hash(text)) }
        guard
            let secrets = try? AuthSecrets(
                pepper: ids.map { ($0, key($0)) }, seal: [("s1", key("s1"))], refresh: [key("r1")],
                gatewayContext: [key("g1")])
        else { preconditionFailure("the keys are well formed") }
        return secrets
    }

    /// Runs `body` with a service on a database of its own.
    static func run(_ options: Options = Options(), _ body: (AuthHarness) async throws -> Void) async throws {
        try await TestPostgres.withDatabase { testDatabase in
            try await testDatabase.administer("CREATE SCHEMA auth")
            try await testDatabase.open(
                schema: "auth", { $0.unavailableWait = options.unavailableWait ?? $0.unavailableWait }
            ) { database in
                _ = try await Migrator(database, AuthService.migrations).migrate()
                let port = try options.redisPort ?? TestRedis.port()
                let redis = RedisClient(
                    configuration: RedisConfiguration(address: .host("127.0.0.1", port: port)),
                    group: MultiThreadedEventLoopGroup.singleton)
                do {
                    try await body(AuthHarness(options, testDatabase, database, redis))
                } catch {
                    await redis.close()
                    throw error
                }
                await redis.close()
            }
        }
    }

    private init(_ options: Options, _ testDatabase: TestDatabase, _ database: Database, _ redis: RedisClient) {
        self.init(
            options, testDatabase, database, redis, clock: ManualClock(.now), mails: Collected(),
            prefix: TestRedis.prefix("auth"))
    }

    /// A second process beside `other`: the same database, Redis, time and mailbox.
    init(beside other: AuthHarness, _ options: Options) {
        self.init(
            options, other.testDatabase, other.database, other.redis, clock: other.clock, mails: other.mails,
            prefix: TestRedis.prefix("auth"))
    }

    private init(
        _ options: Options, _ testDatabase: TestDatabase, _ database: Database, _ redis: RedisClient,
        clock: ManualClock, mails: Collected<MailMessage>, prefix: String
    ) {
        var configuration = AuthConfiguration(publicURL: "https://suite.example")
        configuration.commonPasswordsPath = "/nonexistent"
        // A busy machine must not make a test count in the process instead of in Redis.
        configuration.limitTimeout = .seconds(10)
        options.adjust(&configuration)
        let hasher = PasswordHasher(
            parameters: options.parameters, threads: options.hasherThreads, queueMax: options.hasherQueueMax)
        if options.isHasherShut { hasher.shutdown() }
        let registry = PrometheusRegistry(includesProcess: false)
        let logger = Logger(label: "auth") { _ in SwiftLogNoOpLogHandler() }
        let mailFailure = options.mailFailure
        let refusedMails = Collected<MailMessage>()
        service = AuthService(
            configuration: configuration, secrets: options.secrets, database: database, redis: redis, hasher: hasher,
            mailer: { (message) throws(MailFailure) in
                if let mailFailure {
                    refusedMails.append(message)
                    throw mailFailure
                }
                mails.append(message)
            },
            limits: LimitObserver(registry: registry, logger: logger), keyPrefix: prefix, clock: clock.clock,
            logger: logger)
        endpoints = Dictionary(uniqueKeysWithValues: service.endpoints.map { ($0.description.operationID, $0) })
        self.testDatabase = testDatabase
        self.database = database
        self.redis = redis
        self.clock = clock
        self.mails = mails
        self.refusedMails = refusedMails
        secrets = options.secrets
        self.registry = registry
    }
}

/// What a call came to.
struct Reply: Sendable {
    let status: Int
    /// A problem's code; empty for a success.
    let code: String
    let body: JSONObject
    let retryAfter: Duration?
    /// The codes of a problem's errors.
    let errors: [String]
    /// The cookies that a success sets.
    var cookies: [String] = []

    subscript(name: String) -> String? { body[name]?.string }
}

/// Who calls.
struct TestClient: Sendable {
    var address: String
    var agent: String
    var account: CallerContext.Account?
    var issuer = ServiceName.gateway

    init(_ address: String = TestClient.nextAddress(), agent: String = "tests/1", account: CallerContext.Account? = nil)
    {
        self.address = address
        self.agent = agent
        self.account = account
    }

    /// The same client, of whom the gateway says that it may do just this.
    func permitted(_ permissions: [String]) -> TestClient {
        var client = self
        client.account = account.map { account in
            CallerContext.Account(
                id: account.id, session: account.session, roles: account.roles, permissions: permissions,
                authenticatedAt: account.authenticatedAt, methods: account.methods, epoch: account.epoch)
        }
        return client
    }

    /// An address that no other test has counted attempts against.
    static func nextAddress() -> String {
        let bytes = Random.bytes(3)
        return "10.\(bytes[0]).\(bytes[1]).\(bytes[2])"
    }
}

extension AuthHarness {
    /// Calls an endpoint as the dispatcher does, and tells errors as it would.
    func call(
        _ operation: String, _ body: JSONObject? = nil, path: [(name: String, value: String)] = [],
        headers: [String: String] = [:], by client: TestClient = TestClient(), claim: IdempotencyClaim? = nil
    ) async throws -> Reply {
        guard let endpoint = endpoints[operation] else { preconditionFailure("there is no endpoint \(operation)") }
        let isPeer = client.issuer != .gateway
        let facts = CallFacts(
            requestID: "test-request", traceparent: nil, deadline: .after(.seconds(10)),
            context: CallerContext(
                issuer: client.issuer, account: client.account, clientAddress: isPeer ? nil : client.address,
                userAgent: isPeer ? nil : client.agent), idempotency: claim)
        let source = FieldSource(
            path: PathParameters(path), header: { headers[$0] },
            body: endpoint.description.inputSchema == nil ? nil : body ?? JSONObject())
        do {
            let answer = try await endpoint.respond(source, facts)
            let json = try answer.body.map { try JSONValue.parse($0) }
            return Reply(
                status: answer.status, code: "", body: json?.object ?? JSONObject(), retryAfter: nil, errors: [],
                cookies: answer.headers.filter { $0.name == "set-cookie" }.map(\.value))
        } catch let rejection as any RejectionProtocol {
            precondition(endpoint.description.failures.contains(rejection.code), "\(rejection.code) is not declared")
            return Reply(
                status: 0, code: rejection.code, body: JSONObject(), retryAfter: rejection.retryAfter,
                errors: rejection.errors.map(\.code))
        } catch let problem as Problem {
            return Reply(
                status: problem.kind.status, code: problem.kind.code, body: JSONObject(),
                retryAfter: problem.retryAfter, errors: problem.errors.map(\.code))
        }
    }

    func register(
        _ email: String, _ password: String = AuthHarness.password, name: String? = nil,
        by client: TestClient = TestClient()
    ) async throws -> Reply {
        var members: [JSONObject.Member] = [
            .init(name: "email", value: .string(email)), .init(name: "password", value: .string(password)),
        ]
        if let name { members.append(.init(name: "displayName", value: .string(name))) }
        return try await call("register", JSONObject(members), by: client)
    }

    func login(
        _ email: String, _ password: String = AuthHarness.password, by client: TestClient = TestClient()
    ) async throws -> Reply {
        try await call("login", ["email": .string(email), "password": .string(password)], by: client)
    }

    func refresh(_ token: String?, by client: TestClient = TestClient()) async throws -> Reply {
        try await call("refreshTokens", ["refreshToken": .string(token ?? "")], by: client)
    }

    /// Reads an access token as a gateway would: with the published keys only.
    func account(of reply: Reply) async throws -> CallerContext.Account {
        let keySet = try await call("readKeySet")
        let keys = try P256KeySet(document: .object(keySet.body))
        let token = try keys.verify(reply["accessToken"] ?? "", expectedType: "at+jwt")
        let claims = try AccessTokenClaims(payload: token.payload)
        try claims.validate(issuer: "https://suite.example", audience: "causeway", now: clock.clock.now)
        return CallerContext.Account(
            id: AccountID(claims.subject), session: SessionID(claims.sessionID), roles: claims.roles,
            permissions: claims.scopes, authenticatedAt: claims.authenticatedAt, methods: claims.methods,
            epoch: Int(claims.epoch))
    }

    /// The same client, signed in with the tokens of `reply`.
    func signedIn(_ reply: Reply, _ client: TestClient = TestClient()) async throws -> TestClient {
        var client = client
        client.account = try await account(of: reply)
        return client
    }

    /// Runs `body` beside the service's background work.
    func working(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            try await body()
            group.cancelAll()
        }
    }

    /// Waits until `isTrue`, or fails after a while.
    func eventually(_ what: String, _ isTrue: () async throws -> Bool) async throws {
        let deadline = Deadline.after(.seconds(20))
        while try await !isTrue() {
            guard !deadline.hasPassed else { throw TimedOut(what: what) }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    struct TimedOut: Error {
        let what: String
    }

    /// The newest mail to `email`, once `count` have come.
    func mail(to email: String, count: Int = 1) async throws -> MailMessage {
        try await eventually("\(count) mails") { mails.all.filter { $0.to.address == email }.count >= count }
        let all = mails.all.filter { $0.to.address == email }
        guard let last = all.last else { throw TimedOut(what: "a mail") }
        return last
    }

    /// Registers, opens the mail's link, and signs in.
    func newAccount(_ email: String, by client: TestClient = TestClient()) async throws -> Reply {
        _ = try await register(email)
        let reply = try await verify(email)
        precondition(reply.status == 204, "the link works: \(reply.code)")
        return try await login(email, by: client)
    }

    func verify(_ email: String, mails count: Int = 1, password: String? = nil) async throws -> Reply {
        let message = try await mail(to: email, count: count)
        var members: [JSONObject.Member] = [.init(name: "token", value: .string(Self.token(in: message)))]
        if let password { members.append(.init(name: "password", value: .string(password))) }
        return try await call("verifyEmail", JSONObject(members))
    }

    static func token(in message: MailMessage) -> String {
        guard let range = message.text.firstRange(of: "#token=") else { return "" }
        return String(message.text[range.upperBound...].prefix { !$0.isWhitespace })
    }

    /// How often a limit acted.
    func reached(_ limit: String) -> Int {
        let start = "limits_reached_total{limit=\"\(limit)\"} "
        let lines = String(decoding: registry.render(), as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix(start) }.flatMap { Int($0.dropFirst(start.count)) } ?? 0
    }

    /// One number from the database.
    func count(_ statement: Statement<Int>) async throws -> Int {
        try await database.one(statement)
    }

    /// Waits until an entry of the revocation stream holds `text`. It may be there twice: the direct push and the loop
    /// that makes up for it do not wait for each other.
    func isPushed(_ text: String) async throws {
        try await eventually("\(text) is pushed") {
            // Redis may be on its way back.
            let entries = try? await redis.send(StreamEntries("causeway:revocations", countMax: 100_000))
            return (entries ?? []).contains { entry in entry.fields.contains { $0.text == text } }
        }
    }
}
