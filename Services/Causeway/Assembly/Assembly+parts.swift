import AuthService
import ContentService
import Contract
import Cryptography
import Gateway
import Outbound
import Postgres
import Redis
import ServiceKit
import ServiceLifecycle
import Telemetry
import Transport
import UserService

extension Assembly {
    /// The auth service and what runs beside it.
    func auth() async throws -> [any Service] {
        let configuration = AuthConfiguration(settings)
        let server = MailServer(settings)
        let ports = ServicePorts(.auth, number: 1, settings)
        try settings.requireSound()
        guard let server else { throw StartFault("There is no mail server to send to.") }
        let sender = MailSender(server: server)
        let database = try await database(of: .auth)
        try await refuseDemoAccounts(database)
        let service = AuthService(
            configuration: configuration, secrets: try AuthSecrets(process.keys), database: database,
            redis: RedisClient(configuration: servers.redis, group: loops.eventLoopGroup),
            hasher: configuration.hashing.makeHasher(),
            mailer: { message async throws(MailFailure) in try await sender.send(message) },
            limits: LimitObserver(registry: telemetry.registry, logger: telemetry.logger),
            logger: telemetry.logger)
        try await service.prepare()
        let endpoints = service.endpoints
        telemetry.watch(service.limiter, part: .auth)
        let feed = revocationFeed(.auth, auth: LocalCaller(from: .auth, endpoints: endpoints))
        let events = try events(of: .auth, subscriptions: [], database: database)
        let jobs = JobWatch(database, schema: SuiteSchema.auth.name, registry: telemetry.registry)
        return [
            try host(
                .auth, ports, endpoints: endpoints, database: database,
                background: [
                    { try await service.run() }, { await feed.run() }, { await events.run() }, { await jobs.run() },
                ])
        ]
    }

    /// The user service and what runs beside it.
    func user() async throws -> [any Service] {
        let configuration = UserConfiguration(settings)
        let ports = ServicePorts(.user, number: 2, settings)
        try settings.requireSound()
        let auth = try await client(from: .user, to: .auth)
        let database = try await database(of: .user)
        let service = UserService(
            configuration: configuration, database: database, auth: auth, logger: telemetry.logger)
        let feed = revocationFeed(.user, auth: auth)
        let events = try events(of: .user, subscriptions: service.subscriptions, database: database)
        return [
            try host(
                .user, ports, endpoints: service.endpoints, database: database,
                background: [{ await feed.run() }, { await events.run() }])
        ]
    }

    /// The content service and what runs beside it.
    func content() async throws -> [any Service] {
        let configuration = try ContentConfiguration(settings, keys: process.keys)
        let ports = ServicePorts(.content, number: 3, settings)
        try settings.requireSound()
        let database = try await database(of: .content)
        let service = ContentService(
            configuration: configuration, database: database, user: try await client(from: .content, to: .user),
            logger: telemetry.logger)
        let feed = revocationFeed(.content, auth: try await client(from: .content, to: .auth))
        let events = try events(of: .content, subscriptions: service.subscriptions, database: database)
        let jobs = JobWatch(database, schema: SuiteSchema.content.name, registry: telemetry.registry)
        return [
            try host(
                .content, ports, endpoints: service.endpoints, database: database,
                background: [
                    { await service.run() }, { await feed.run() }, { await events.run() }, { await jobs.run() },
                ])
        ]
    }

    /// The gateway.
    func gateway() async throws -> [any Service] {
        let configuration = GatewayConfiguration(settings)
        try settings.requireSound()
        let gateway = try Gateway(
            configuration, process: process, redis: servers.redis, telemetry: telemetry, loops: loops)
        let certificates = gateway.certificates
        let watch = HangupWatch(logger: telemetry.logger) {
            try certificates.reload()
            return "the certificates were read again; new connections get them"
        }
        return [gateway, watch]
    }

    /// What SIGHUP does to a part that has nothing to read again.
    var noReload: HangupWatch {
        HangupWatch(logger: telemetry.logger) { "nothing is read again: settings and keys are read at the start" }
    }

    /// Data of a demonstration must not go on where it counts.
    private func refuseDemoAccounts(_ database: Database) async throws {
        guard process.profile != .development else { return }
        let accounts = try await AuthService.demoAccounts(in: database)
        guard accounts.isEmpty else {
            throw StartFault(
                "demonstration accounts, whose passwords everyone knows, can sign in: "
                    + "\(accounts.joined(separator: ", ")). Delete or disable them.")
        }
    }
}
