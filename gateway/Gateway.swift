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
    struct ContextKeys {
        let auth: Secret<[UInt8]>
        let proofs: SessionProof
        let user: Secret<[UInt8]>
        let content: Secret<[UInt8]>

        init(_ directory: KeysDirectory) throws(KeysFault) {
            auth = try Self.current(.auth, directory)
            proofs = SessionProof(contextKeys: try directory.keys(.context(from: .gateway, to: .auth)).map(\.bytes))
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
    let drain: DrainTimes
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
    let keys: ContextKeys
    private let started: @Sendable (Ports) -> Void

    /// - Parameter started: called once every port is bound.
    /// - Throws: what is wrong with the keys or the certificate.
    package init(
        _ configuration: GatewayConfiguration, process: ProcessSettings, redis: RedisConfiguration,
        telemetry: ProcessTelemetry, loops: EventLoops, started: @escaping @Sendable (Ports) -> Void = { _ in }
    ) throws {
        self.configuration = configuration
        drain = process.drain
        opsAddress = process.bindAddress
        self.redis = redis
        self.telemetry = telemetry
        self.loops = loops
        self.started = started
        limiterSettings.timeout = configuration.rateWait
        limiterSettings.fallbackParts = Int64(configuration.rateShares)
        certificates = try CertificateStore(
            configuration.certificateDirectory ?? process.keys, door: configuration.door)
        keys = try ContextKeys(process.keys)
    }

    package func run() async throws {
        let parts = await parts()
        let pipeline = parts.pipeline
        let succession = try await Succession(configuration.handoverFolder, logger: telemetry.logger)
        if let ticketKeys = succession.ticketKeys { certificates.inherit(ticketKeys) }
        let watch = LoopWatch(loops, every: Strain.lookInterval) { pipeline.strain.note($0) }
        defer { watch.stop() }

        try await withThrowingTaskGroup(of: Void.self) { group in
            for work in parts.work { group.addTask { await work() } }
            group.addTask { await SampledLogs.ofProcess.run() }
            group.addTask { await writeWaiting(pipeline.observer) }
            if configuration.door.certificateInterval > .zero { group.addTask { await watchCertificates() } }
            try await succession.waitUntilReady(pipeline.readiness)
            let listeners = try await Listeners.start(self, pipeline: pipeline, succession: succession)
            let offer = await succession.complete(listeners, certificates)
            tell(listeners.ports)
            group.addTask { await returnMemory(listeners) }
            group.addTask { try await gracefulShutdown() }
            if let offer { group.addTask { await offer.ended() } }
            // Only the waits for the end may end; work that ends by itself has failed.
            let stop = await group.nextResult()
            await end(listeners, pipeline.readiness, offer)
            group.cancelAll()
            try stop?.get()
        }
        await parts.close()
        pipeline.observer.writeWaiting()
    }

    /// Not ready first; then, unless another process takes the new connections already, a moment for balancers to see
    /// that; then what is in flight finishes.
    private func end(_ listeners: Listeners, _ readiness: Readiness, _ offer: HandoverOffer?) async {
        let isTaken = offer?.isTaken == true
        offer?.stop()
        readiness.beginDraining()
        telemetry.logger.info(
            isTaken ? "handed over, draining" : "draining", metadata: ["name": "gateway"])
        if !isTaken { try? await Task.sleep(for: drain.delay) }
        await listeners.drain(deadline: .after(Task.isCancelled ? .zero : drain.time))
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

    /// Gives the memory of those who have gone back, now and then.
    private func returnMemory(_ listeners: Listeners) async {
        var memory = IdleMemory(residentBytes: ProcessMemory.residentBytes)
        while (try? await Task.sleep(for: .seconds(5))) != nil {
            let connections = listeners.https.connectionCount + listeners.http.connectionCount
            guard memory.isWorthReturning(residentBytes: ProcessMemory.residentBytes, connections: connections) else {
                continue
            }
            ProcessMemory.giveBack()
            memory.returned(residentBytes: ProcessMemory.residentBytes, connections: connections)
        }
    }

    /// Writes now and then the lines that wait, whatever became of who should have.
    private func writeWaiting(_ observer: RequestObserver) async {
        while (try? await Task.sleep(for: .seconds(5))) != nil { observer.writeWaiting() }
    }
}

// What a service group logs of its parts.
extension Gateway: CustomStringConvertible {
    package var description: String { "the gateway" }
}
