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

    /// What goes to the next gateway.
    var offered: [HandoverOffer.Offered] {
        [(GatewayPort.https.rawValue, https), (GatewayPort.http.rawValue, http), (GatewayPort.ops.rawValue, ops)]
    }

    /// - Parameter succession: whose sockets are taken rather than bound.
    static func start(
        _ gateway: Gateway, pipeline: Pipeline, succession: Succession
    ) async throws -> Listeners {
        let configuration = gateway.configuration
        let certificates = gateway.certificates
        var limits = configuration.http
        limits.connectionsMax = configuration.connectionsMax ?? ConnectionRoom.connectionsMax()
        limits.http2.takesConnectProtocol = pipeline.router.takesTunnels
        // One number for both public ports: it is what the memory has room for, and what one address may have.
        let admission = Admission(limits)
        let publicHost = configuration.publicHost
        let ops = try await OpsPort.start(
            address: gateway.opsAddress, port: configuration.opsPort, readiness: pipeline.readiness,
            telemetry: gateway.telemetry, loops: gateway.loops, inheriting: succession.sockets(.ops))
        var secure = ListenerConfiguration(
            addresses: configuration.bindAddresses.map { .init(host: $0, port: configuration.httpsPort) },
            protocols: .tls { certificates.current }, accept: .socketPerLoop, limits: limits,
            observer: gateway.telemetry.transportObserver("https"))
        secure.admission = admission
        secure.refusal = .problem(SecurityHeaders.api, pipeline.observer)
        secure.isStrained = { pipeline.strain.isStrained }
        secure.door = configuration.door.policy
        let https = try await startPublic(
            secure, on: gateway.loops, handler: pipeline, inheriting: succession.sockets(.https))
        var plain = ListenerConfiguration(
            addresses: configuration.bindAddresses.map { .init(host: $0, port: configuration.httpPort) },
            protocols: .http1, accept: .socketPerLoop, limits: limits,
            observer: gateway.telemetry.transportObserver("http"))
        plain.admission = admission
        plain.refusal = .problem(SecurityHeaders.inCleartext, pipeline.observer)
        plain.door = configuration.door.policy
        let redirects = RedirectHandler(
            publicHost: publicHost.name, publicPort: publicHost.port,
            challenges: configuration.door.acmeFolder.map { AcmeChallenges(folder: $0) },
            proxies: pipeline.proxies, limits: pipeline.limits, observer: pipeline.observer)
        let http = try await startPublic(
            plain, on: gateway.loops, handler: redirects, inheriting: succession.sockets(.http))
        return Listeners(https: https, http: http, ops: ops)
    }

    /// Every address means those of IPv4 where the kernel has no IPv6.
    private static func startPublic(
        _ configuration: ListenerConfiguration, on loops: EventLoops, handler: any RequestHandler,
        inheriting sockets: [ListeningSocket]
    ) async throws -> Listener {
        do {
            return try await Listener.start(configuration, on: loops, handler: handler, inheriting: sockets)
        } catch {
            guard configuration.addresses.map(\.host) == ["::"] else { throw error }
            var narrower = configuration
            narrower.addresses = configuration.addresses.map { .init(host: "0.0.0.0", port: $0.port) }
            // The first reason is the one to tell: a port that is taken is taken here too.
            guard
                let listener = try? await Listener.start(narrower, on: loops, handler: handler, inheriting: sockets)
            else { throw error }
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
