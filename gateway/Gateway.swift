internal import Contract
internal import HTTP
internal import Logging
internal import Primitives
internal import Protocol
package import Redis
package import ServiceKit
internal import ServiceLifecycle
internal import Telemetry
package import Transport

/// The edge of the suite: TLS, HTTP/2 and HTTP/1.1 in, HTTP/2 to the services, and `Pipeline` in between.
package struct Gateway: Service {
    /// The ports in fact bound.
    package struct Ports: Sendable {
        package let https: Int
        package let http: Int
        package let ops: Int
    }

    /// Keys by which the gateway proves itself to each service.
    private struct ContextKeys {
        let auth: Secret<[UInt8]>
        let user: Secret<[UInt8]>
        let content: Secret<[UInt8]>

        init(_ directory: KeysDirectory) throws(KeysFault) {
            auth = try Self.current(.auth, directory)
            user = try Self.current(.user, directory)
            content = try Self.current(.content, directory)
        }

        private static func current(
            _ service: ServiceName, _ directory: KeysDirectory
        ) throws(KeysFault) -> Secret<[UInt8]> {
            // A file without a key is refused where it is read.
            try directory.keys(.context(from: .gateway, to: service))[0].bytes
        }
    }

    let configuration: GatewayConfiguration
    let drainTime: Duration
    /// The address that the operators' port binds.
    let opsAddress: String
    let redis: RedisConfiguration
    let telemetry: ProcessTelemetry
    let loops: EventLoops
    /// What is routed: the suite's contracts.
    var endpoints = Suite.descriptions
    var limiterSettings = RateLimiter.Settings()
    /// Call `reload()` when its files change.
    package let certificates: CertificateStore
    private let keys: ContextKeys
    private let started: @Sendable (Ports) -> Void

    /// - Parameter started: called once every port is bound.
    /// - Throws: what is wrong with the keys or the certificate.
    package init(
        _ configuration: GatewayConfiguration, process: ProcessSettings, redis: RedisConfiguration,
        telemetry: ProcessTelemetry, loops: EventLoops, started: @escaping @Sendable (Ports) -> Void = { _ in }
    ) throws {
        self.configuration = configuration
        drainTime = process.drainTime
        opsAddress = process.bindAddress
        self.redis = redis
        self.telemetry = telemetry
        self.loops = loops
        self.started = started
        certificates = try CertificateStore(configuration.certificateDirectory ?? process.keys)
        keys = try ContextKeys(process.keys)
    }

    package func run() async throws {
        let client = RedisClient(configuration: redis, group: loops.eventLoopGroup)
        let stamps = CacheCounters()
        let upstreams = await upstreams(stamps)
        let auth = PeerClient(from: .gateway, to: .auth, key: keys.auth, pool: upstreams.auth.pool)
        let keyRing = KeyRing(auth: auth, logger: telemetry.logger)
        let revocations = RevocationList()
        let feed = RevocationFeed(
            list: revocations, auth: auth, redis: redis, group: loops.eventLoopGroup, logger: telemetry.logger)
        let readiness = Readiness([
            ReadinessCheck("keys") { keyRing.isReady ? nil : "auth's keys were not fetched yet" }
        ])
        let router = Router(endpoints: endpoints, documents: documents())
        let observer = telemetry.observer(operations: router.operations, part: .gateway)
        let tokens = TokenVerifier(
            issuer: configuration.publicURL, audience: configuration.audience, keys: keyRing, revocations: revocations)
        let limiter = RateLimiter(client: client, keyPrefix: "causeway:limit:", settings: limiterSettings)
        telemetry.watch(tokens.lookups, cache: "token", part: .gateway)
        telemetry.watch(stamps, cache: "caller-context", part: .gateway)
        telemetry.watch(limiter, part: .gateway)
        telemetry.watch(feed, part: .gateway)
        let pipeline = Pipeline(
            router: router, tokens: tokens,
            limits: RateGate(classes: RateClasses(multiplier: configuration.limitMultiplier), limiter: limiter),
            upstreams: upstreams, passing: PassingHeaders(endpoints: endpoints), readiness: readiness,
            observer: observer, revocationSilence: { feed.silence }, clock: .system)
        let listeners = try await Listeners.start(self, pipeline: pipeline, readiness: readiness)
        tell(listeners.ports)

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await keyRing.run() }
            group.addTask { await feed.run() }
            group.addTask { await flushNow(observer) }
            group.addTask { try await gracefulShutdown() }
            // Only the wait for the stop may end; work that ends by itself has failed.
            let stop = await group.nextResult()
            readiness.beginDraining()
            telemetry.logger.info("draining", metadata: ["name": "gateway"])
            await listeners.drain(deadline: .after(Task.isCancelled ? .zero : drainTime))
            group.cancelAll()
            try stop?.get()
        }
        for service in [upstreams.auth, upstreams.user, upstreams.content] {
            await service.pool.close(deadline: .after(.seconds(1)))
        }
        await client.close()
        observer.flush()
    }

    private func tell(_ ports: Ports) {
        telemetry.logger.info(
            "serving",
            metadata: [
                "name": "gateway", "https_port": "\(ports.https)", "http_port": "\(ports.http)",
                "ops_port": "\(ports.ops)",
            ])
        started(ports)
    }

    private func upstreams(_ stamps: CacheCounters) async -> Upstreams {
        Upstreams(
            auth: await upstream(.auth, at: configuration.auth, key: keys.auth, stamps),
            user: await upstream(.user, at: configuration.user, key: keys.user, stamps),
            content: await upstream(.content, at: configuration.content, key: keys.content, stamps),
            patience: configuration.upstream.patience)
    }

    private func upstream(
        _ service: ServiceName, at addresses: [HostPort], key: Secret<[UInt8]>, _ stamps: CacheCounters
    ) async -> Upstream {
        let pool = configuration.upstream.pool(
            addresses, loops: loops, observer: telemetry.transportObserver("upstream-\(service.rawValue)"))
        let signer = CallerContextSigner(issuer: .gateway, audience: service, key: key)
        return Upstream(
            pool: await ClientPool(pool, on: loops),
            stamps: ContextStamps(signer: signer, clock: .system, lookups: stamps))
    }

    private func documents() -> [Document] {
        OwnDocuments.all(
            publicURL: configuration.publicURL,
            securityContact: configuration.securityContact.isEmpty ? nil : configuration.securityContact, now: .now)
    }

    /// Writes now and then what sampling held back.
    private func flushNow(_ observer: RequestObserver) async {
        while (try? await Task.sleep(for: .seconds(5))) != nil { observer.flush() }
    }
}

// What a service group logs of its parts.
extension Gateway: CustomStringConvertible {
    package var description: String { "the gateway" }
}
