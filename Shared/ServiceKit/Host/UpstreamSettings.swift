package import Contract
internal import Primitives
package import TLS
package import Transport

/// How processes of the suite call services that have several instances.
package struct UpstreamSettings: Sendable {
    /// How long a call that may be repeated waits while no instance of its service takes calls.
    package var patience: Duration = .milliseconds(5000)
    /// The same for calls from service to service: their callers wait too.
    package var peerPatience: Duration { min(patience, .seconds(1)) }
    /// Calls to each service that wait, for an instance or for a stream of one.
    package var waitersMax = 1024
    package var resolveInterval: Duration = .seconds(5)
    /// Zero asks nothing.
    package var healthInterval: Duration = .seconds(2)
    package var ejection: Duration = .seconds(30)
    /// For calls to services; nil speaks cleartext.
    package var tls: TLSContext?
    /// From the attempt to connect to the service's first word.
    package var connectTimeout: Duration = .seconds(1)

    private static let patienceSetting = Setting(
        "upstream.patience-milliseconds", default: 5000, in: 0...60_000,
        "How long a call that may be repeated waits while no instance of its service takes calls, in milliseconds.")
    private static let waitersSetting = Setting(
        "upstream.waiters-max", default: 1024, in: 1...1_000_000, "Calls to each service that may wait.")
    private static let resolveSetting = Setting(
        "upstream.resolve-seconds", default: 5, in: 1...3600,
        "How often the names of services are looked up again, in seconds; also when an instance cannot be reached.")
    private static let healthSetting = Setting(
        "upstream.health-seconds", default: 2, in: 0...3600,
        "How often each instance of a service, or of a route with `;health=`, is asked whether it is ready, in seconds; "
            + "0 asks nothing.")
    private static let ejectionSetting = Setting(
        "upstream.ejection-seconds", default: 30, in: 1...3600,
        "How long an instance with five faults in a row gets no calls, in seconds; longer each time it happens again.")

    private static let connectSetting = Setting(
        "upstream.connect-milliseconds", default: 1000, in: 10...60_000,
        "How long a connection to a service may take until it can be used, in milliseconds.")

    package init() {}

    package init(_ settings: Settings) {
        patience = .milliseconds(settings(Self.patienceSetting))
        waitersMax = settings(Self.waitersSetting)
        resolveInterval = .seconds(settings(Self.resolveSetting))
        healthInterval = .seconds(settings(Self.healthSetting))
        ejection = .seconds(settings(Self.ejectionSetting))
        tls = InternalTLS(settings)?.client
        connectTimeout = .milliseconds(settings(Self.connectSetting))
    }

    /// The connections to a service whose instances are at `addresses`.
    ///
    /// - Parameter service: whom its certificate must name; nil for what is none of the suite's, and has no TLS of it.
    package func pool(
        _ addresses: [HostPort], of service: ServiceName?, loops: EventLoops, observer: TransportObserver
    ) -> ClientPoolConfiguration {
        var pool = ClientPoolConfiguration(addresses.map { .init(host: $0.host, port: $0.port) })
        if let tls, let service { pool.encryption = .init(context: tls, name: service.rawValue) }
        pool.waitersPerLoopMax = max(1, waitersMax / loops.count)
        pool.resolveInterval = resolveInterval
        pool.healthInterval = healthInterval > .zero ? healthInterval : nil
        pool.healthPath = EndpointHandler.readinessPath
        pool.balance.ejection = ejection
        pool.connectTimeout = connectTimeout
        pool.deadlineField = InternalHeaders.deadline
        pool.observer = observer
        return pool
    }
}
