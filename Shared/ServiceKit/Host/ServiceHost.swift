package import Contract
internal import HTTP
internal import Logging
internal import Primitives
internal import ServiceLifecycle
package import TLS
internal import Telemetry
package import Transport

/// Runs one service: its internal port, its operators' port, its background work, and the drain at the end.
package struct ServiceHost: Service {
    package struct Configuration: Sendable {
        package let service: ServiceName
        package let bindAddress: String
        package let port: Int
        package let opsPort: Int
        package let drain: DrainTimes
        /// Nil speaks cleartext.
        package let tls: TLSContext?

        package init(service: ServiceName, port: Int, opsPort: Int, settings: ProcessSettings) {
            self.service = service
            bindAddress = settings.bindAddress
            self.port = port
            self.opsPort = opsPort
            drain = settings.drain
            tls = settings.internalTLS
        }
    }

    private let configuration: Configuration
    private let loops: EventLoops
    private let dispatcher: EndpointDispatcher
    private let operations: [String]
    private let telemetry: ProcessTelemetry
    private let checks: [ReadinessCheck]
    private let background: [@Sendable () async throws -> Void]

    /// - Parameter background: work that runs beside the ports until it is cancelled.
    package init(
        _ configuration: Configuration, loops: EventLoops, endpoints: [BoundEndpoint],
        dispatcher: EndpointDispatcher, telemetry: ProcessTelemetry, checks: [ReadinessCheck],
        background: [@Sendable () async throws -> Void]
    ) {
        self.configuration = configuration
        self.loops = loops
        self.dispatcher = dispatcher
        operations = endpoints.map(\.description.operationID) + ["none"]
        self.telemetry = telemetry
        self.checks = checks
        self.background = background
    }

    package func run() async throws {
        let readiness = Readiness(checks)
        let ops = try await OpsPort.start(
            address: configuration.bindAddress, port: configuration.opsPort, readiness: readiness,
            telemetry: telemetry, loops: loops)
        let observer = telemetry.observer(
            operations: operations, part: configuration.service, hasDatabase: true)
        let listener = try await Listener.start(
            ListenerConfiguration(
                addresses: [.init(host: configuration.bindAddress, port: configuration.port)],
                protocols: configuration.tls.map { context in .tls { context } } ?? .http2, limits: .internalHop,
                observer: telemetry.transportObserver("service")),
            on: loops, handler: EndpointHandler(dispatcher: dispatcher, readiness: readiness, observer: observer))
        let name = configuration.service.rawValue
        telemetry.logger.info(
            "serving", metadata: ["name": "\(name)", "port": "\(listener.port)", "ops_port": "\(ops.port)"])

        try await withThrowingTaskGroup(of: Void.self) { group in
            for work in background { group.addTask { try await work() } }
            group.addTask { await SampledLogs.ofProcess.run() }
            group.addTask { try await gracefulShutdown() }
            // Only the wait for the stop may end; work that ends by itself has failed.
            try await group.next()
            // Calls first: what works beside them may take its time to end, and they would go on coming meanwhile.
            readiness.beginDraining()
            telemetry.logger.info("draining", metadata: ["name": "\(name)"])
            try? await Task.sleep(for: configuration.drain.delay)
            await listener.drain(deadline: .after(configuration.drain.time))
            group.cancelAll()
        }
        await ops.drain(deadline: .after(.seconds(1)))
        observer.writeWaiting()
    }
}

// What a service group logs of its parts.
extension ServiceHost: CustomStringConvertible {
    package var description: String { "the service \(configuration.service.rawValue)" }
}

/// The operators' port.
package enum OpsPort {
    package static func start(
        address: String, port: Int, readiness: Readiness, telemetry: ProcessTelemetry, loops: EventLoops,
        inheriting sockets: [ListeningSocket] = []
    ) async throws -> Listener {
        try await Listener.start(
            ListenerConfiguration(
                addresses: [.init(host: address, port: port)], protocols: .http1,
                observer: telemetry.transportObserver("ops")),
            on: loops, handler: OpsHandler(readiness: readiness, registry: telemetry.registry), inheriting: sockets)
    }
}
