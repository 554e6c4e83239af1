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
    /// When instances are ejected, and how many are used.
    package var balance = UpstreamMachine.Settings()
    /// Repetitions for a hundred calls.
    package var retryPercent = 20
    package var attemptsMax = 3
    /// The same for a call with a key, while an earlier attempt is still on its way.
    package var keyedAttemptsMax = 7
    /// Of each loop to each instance.
    package var connectionsPerLoopMax = 4
    /// Shorter than the services' own.
    package var idleTimeout: Duration = .seconds(60)
    /// Zero asks nothing.
    package var pingInterval: Duration = .seconds(2)
    package var pingTimeout: Duration = .seconds(3)
    /// For calls to services; nil speaks cleartext.
    package var tls: TLSContext?
    /// From the attempt to connect to the service's first word.
    package var connectTimeout: Duration = .seconds(1)

    package init() {}

    package init(_ settings: Settings) {
        patience = .milliseconds(settings(Self.patienceSetting))
        waitersMax = settings(Self.waitersSetting)
        resolveInterval = .seconds(settings(Self.resolveSetting))
        healthInterval = .seconds(settings(Self.healthSetting))
        balance.faultsInARowMax = settings(Self.faultsSetting)
        balance.ejection = .seconds(settings(Self.ejectionSetting))
        balance.ejectionFactorMax = settings(Self.ejectionTimesSetting)
        balance.ejectedPercentMax = settings(Self.ejectedSetting)
        balance.instancesMax = settings(Self.instancesSetting)
        retryPercent = settings(Self.retrySetting)
        attemptsMax = settings(Self.attemptsSetting)
        keyedAttemptsMax = settings(Self.keyedAttemptsSetting)
        connectionsPerLoopMax = settings(Self.connectionsSetting)
        idleTimeout = .seconds(settings(Self.idleSetting))
        pingInterval = .seconds(settings(Self.pingSetting))
        pingTimeout = .seconds(settings(Self.pingAnswerSetting))
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
        pool.balance = balance
        pool.retryPercent = retryPercent
        pool.attemptsMax = attemptsMax
        pool.keyedAttemptsMax = keyedAttemptsMax
        pool.connectionsPerLoopMax = connectionsPerLoopMax
        pool.idleTimeout = idleTimeout
        pool.pingInterval = pingInterval > .zero ? pingInterval : nil
        pool.pingTimeout = pingTimeout
        pool.connectTimeout = connectTimeout
        pool.deadlineField = InternalHeaders.deadline
        pool.observer = observer
        return pool
    }
}
