import Contract
import Logging
import Postgres
import Primitives
import Protocol
import ServiceKit
import ServiceLifecycle
import Transport

/// What the parts of one process share, and how each part is put together from it.
struct Assembly {
    let settings: Settings
    let process: ProcessSettings
    let servers: ServerSettings
    let addresses: ServiceAddresses
    let upstream: UpstreamSettings
    let telemetry: ProcessTelemetry
    let loops: EventLoops
    let driver = PostgresDriver()
    let revocations: RevocationList

    init(_ part: Serve.Part, settings: Settings) throws {
        self.settings = settings
        process = ProcessSettings(settings)
        var servers = ServerSettings(settings)
        addresses = ServiceAddresses(settings, calledBy: part.services)
        upstream = UpstreamSettings(settings)
        try settings.requireSound()
        telemetry = ProcessTelemetry(service: part.rawValue, settings: process)
        revocations = telemetry.revocationList()
        servers.redis = telemetry.watching(servers.redis)
        self.servers = servers
        loops = EventLoops(threads: process.loops)
    }

    /// A client of `audience`'s endpoints for `issuer`.
    func client(from issuer: ServiceName, to audience: ServiceName) async throws -> PeerClient {
        guard let key = try process.keys.keys(.context(from: issuer, to: audience)).first else {
            throw StartFault("There is no key for calls from \(issuer) to \(audience).")
        }
        let configuration = upstream.pool(
            addresses[audience], of: audience, loops: loops,
            observer: telemetry.transportObserver("client-\(audience.rawValue)"))
        return PeerClient(
            from: issuer, to: audience, key: key.bytes, pool: await ClientPool(configuration, on: loops),
            patience: upstream.peerPatience)
    }

    /// The database of a schema as its data role, once it is there and current.
    func database(of schema: SuiteSchema) async throws -> Database {
        let logger = telemetry.logger
        let database = Database(try schema.dataConfiguration(servers, process.keys), driver: driver) { observation in
            observation.log(to: logger, schema: schema.name)
        }
        telemetry.watch(database, schema: schema.name)
        try await SchemaCheck(database: database, schema: schema, logger: logger).waitUntilCurrent()
        return database
    }

    /// A service's ports around its endpoints.
    func host(
        _ service: ServiceName, _ ports: ServicePorts, endpoints: [BoundEndpoint], database: Database,
        background: [@Sendable () async throws -> Void]
    ) throws -> ServiceHost {
        let verifier = CallerContextVerifier(audience: service, keys: try contextKeys(for: service))
        telemetry.watch(verifier.lookups, cache: "caller-context", part: service)
        let revocations = revocations
        let dispatcher = EndpointDispatcher(endpoints: endpoints, verifier: verifier, problems: Suite.problems) {
            revocations.isRevoked($0)
        }
        let check = ReadinessCheck("postgres") {
            do {
                try await database.ping()
                return nil
            } catch {
                return "\(error)"
            }
        }
        return ServiceHost(
            .init(service: service, port: ports.port, opsPort: ports.opsPort, settings: process), loops: loops,
            endpoints: endpoints, dispatcher: dispatcher, telemetry: telemetry, checks: [check],
            background: background)
    }

    private func contextKeys(for audience: ServiceName) throws -> [ServiceName: [Secret<[UInt8]>]] {
        var keys: [ServiceName: [Secret<[UInt8]>]] = [:]
        for (issuer, other) in KeysDirectory.Name.contextPairs where other == audience {
            keys[issuer] = try process.keys.keys(.context(from: issuer, to: audience)).map(\.bytes)
        }
        return keys
    }

    /// Keeps this process's revocations current.
    func revocationFeed(_ part: ServiceName, auth: any EndpointCaller) -> RevocationFeed {
        let feed = RevocationFeed(
            list: revocations, auth: auth, redis: servers.redis, group: loops.eventLoopGroup,
            logger: telemetry.logger)
        telemetry.watch(feed, part: part)
        return feed
    }
}

extension PostgresObservation {
    fileprivate func log(to logger: Logger, schema: String) {
        switch self {
        case .connected: logger.debug("connected to PostgreSQL", metadata: ["schema": "\(schema)"])
        case .connectFailed(_, let detail):
            logger.warning(
                "cannot connect to PostgreSQL", metadata: ["schema": "\(schema)", "reason": "\(detail)"])
        case .connectionLost(_, let count, let detail):
            logger.warning(
                "lost a connection to PostgreSQL",
                metadata: ["schema": "\(schema)", "statements_lost": "\(count)", "reason": "\(detail)"])
        }
    }
}
