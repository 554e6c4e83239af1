import AuthService
import ContentService
import Contract
import Cryptography
import Gateway
import Outbound
import Redis
import ServiceKit
import ServiceLifecycle
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
        let service = AuthService(
            configuration: configuration, secrets: try AuthSecrets(process.keys), database: database,
            redis: RedisClient(configuration: servers.redis, group: loops.eventLoopGroup), hasher: PasswordHasher(),
            mailer: { message async throws(MailFailure) in try await sender.send(message) },
            logger: telemetry.logger)
        try await service.prepare()
        let endpoints = service.endpoints
        let feed = revocationFeed(auth: LocalCaller(from: .auth, endpoints: endpoints))
        return [
            try host(
                .auth, ports, endpoints: endpoints, database: database,
                background: [{ try await service.run() }, { await feed.run() }])
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
        let feed = revocationFeed(auth: auth)
        return [
            try host(
                .user, ports, endpoints: service.endpoints, database: database, background: [{ await feed.run() }])
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
        let feed = revocationFeed(auth: try await client(from: .content, to: .auth))
        return [
            try host(
                .content, ports, endpoints: service.endpoints, database: database,
                background: [{ await feed.run() }])
        ]
    }

    /// The gateway.
    func gateway() async throws -> [any Service] {
        let configuration = GatewayConfiguration(settings)
        try settings.requireSound()
        return [
            try Gateway(
                configuration, process: process, redis: servers.redis, telemetry: telemetry, loops: loops)
        ]
    }
}
