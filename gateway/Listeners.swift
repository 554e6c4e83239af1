internal import HTTP
internal import Primitives
internal import ServiceKit
internal import Telemetry
internal import Transport

/// The gateway's ports.
struct Listeners {
    let https: Listener
    let http: Listener
    let ops: Listener

    var ports: Gateway.Ports { Gateway.Ports(https: https.port, http: http.port, ops: ops.port) }

    static func start(_ gateway: Gateway, pipeline: Pipeline, readiness: Readiness) async throws -> Listeners {
        let configuration = gateway.configuration
        let certificates = gateway.certificates
        var limits = HTTPLimits()
        limits.connectionsPerAddressMax = configuration.connectionsPerAddressMax
        limits.connectionsMax = configuration.connectionsMax
        let publicHost = configuration.publicHost
        let ops = try await OpsPort.start(
            address: gateway.opsAddress, port: configuration.opsPort, readiness: readiness,
            telemetry: gateway.telemetry, loops: gateway.loops)
        var secure = ListenerConfiguration(
            addresses: configuration.bindAddresses.map { .init(host: $0, port: configuration.httpsPort) },
            protocols: .tls { certificates.current }, accept: .socketPerLoop, limits: limits,
            observer: gateway.telemetry.transportObserver("https"))
        secure.refusal = .problem(pipeline.observer)
        let https = try await startPublic(secure, on: gateway.loops, handler: pipeline)
        let http = try await startPublic(
            ListenerConfiguration(
                addresses: configuration.bindAddresses.map { .init(host: $0, port: configuration.httpPort) },
                protocols: .http1, accept: .socketPerLoop, limits: limits,
                observer: gateway.telemetry.transportObserver("http")),
            on: gateway.loops, handler: RedirectHandler(publicHost: publicHost.name, publicPort: publicHost.port))
        return Listeners(https: https, http: http, ops: ops)
    }

    /// Every address means those of IPv4 where the kernel has no IPv6.
    private static func startPublic(
        _ configuration: ListenerConfiguration, on loops: EventLoops, handler: any RequestHandler
    ) async throws -> Listener {
        do {
            return try await Listener.start(configuration, on: loops, handler: handler)
        } catch {
            guard configuration.addresses.map(\.host) == ["::"] else { throw error }
            var narrower = configuration
            narrower.addresses = configuration.addresses.map { .init(host: "0.0.0.0", port: $0.port) }
            // The first reason is the one to tell: a port that is taken is taken here too.
            guard let listener = try? await Listener.start(narrower, on: loops, handler: handler) else { throw error }
            return listener
        }
    }

    /// The public ports first, the operators' port last, so that they see how it goes.
    func drain(deadline: Deadline) async {
        async let first: Void = https.drain(deadline: deadline)
        async let second: Void = http.drain(deadline: deadline)
        _ = await (first, second)
        await ops.drain(deadline: .after(.seconds(1)))
    }
}
