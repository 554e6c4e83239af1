package import Contract
internal import CoreMetrics
package import Logging
package import Telemetry
package import Transport

/// The log and the metrics of one process.
package struct ProcessTelemetry: Sendable {
    package let output: LogOutput
    package let registry: PrometheusRegistry

    package var logger: Logger { output.logger }

    package init(service: String, settings: ProcessSettings) {
        self.init(LogOutput(service: service, format: settings.logFormat, level: settings.logLevel))
    }

    package init(_ output: LogOutput) {
        self.output = output
        registry = PrometheusRegistry()
    }

    /// - Parameter hasDatabase: whether requests tell what they asked of a database.
    package func observer(
        operations: [String], part: ServiceName, hasDatabase: Bool = false
    ) -> RequestObserver {
        RequestObserver(
            operations: operations, part: part.rawValue, output: output, registry: registry, hasDatabase: hasDatabase)
    }

    /// Counts what a listener or a pool reports: `transport_events_total{part,event,reason}`. A limit that acted goes
    /// to the log too, sampled, and so does what befalls an instance of a service, whose address may stand there alone.
    package func transportObserver(_ part: String) -> TransportObserver {
        let counters = TransportCounters(part, registry)
        // Of the part tells every line, also that of what was suppressed.
        var logger = output.logger
        logger[metadataKey: "part"] = .string(part)
        let notices = SampledLog(logger)
        // Requests are counted by operation where they are answered; a second count would cost each of them.
        return TransportObserver(withSubject: { event, subject in
            guard let (name, reason) = event.label else { return }
            counters.count(name, reason: reason)
            if event.isLimit {
                notices.notice(
                    "limit reached", reason: reason, level: event.isOrdinary ? .info : .notice,
                    metadata: event.facts(subject))
            }
            guard let instance = event.instance else { return }
            notices.notice("upstream instance", reason: name, metadata: ["instance": .string(instance)])
        })
    }
}

extension TransportObserver.Event {
    fileprivate var label: (name: String, reason: String)? {
        switch self {
        case .accepted: ("accepted", "")
        case .closed: ("closed", "")
        case .refused(let reason): ("refused", reason)
        case .limited(let reason): ("limited", reason)
        case .tlsFailed(let reason): ("tls-failed", reason)
        case .requestStarted, .requestEnded: nil
        case .upstreamConnected: ("upstream-connected", "")
        case .upstreamConnectFailed: ("upstream-connect-failed", "")
        case .unreachable: ("upstream-unreachable", "")
        case .reachable: ("upstream-reachable", "")
        case .ejected: ("upstream-ejected", "")
        case .returned: ("upstream-returned", "")
        case .health(_, let isReady): (isReady ? "upstream-ready" : "upstream-not-ready", "")
        case .retried(let reason): ("upstream-retried", reason)
        case .waited(let reason): ("upstream-waited", reason)
        }
    }

    /// What the log says of a limit that acted: whom it met, too.
    fileprivate func facts(_ subject: TransportObserver.Subject) -> Logger.Metadata {
        var facts: Logger.Metadata = ["event": .string(label?.name ?? "")]
        if let client = subject.client { facts["client"] = .string(client.text) }
        if let id = subject.requestID { facts["request"] = .string(id) }
        return facts
    }

    /// Whether something was refused, cut or slowed.
    fileprivate var isLimit: Bool {
        switch self {
        case .refused, .limited, .tlsFailed: true
        default: false
        }
    }

    /// Whether honest clients meet it every day.
    fileprivate var isOrdinary: Bool {
        switch self {
        case .limited("idle"), .limited("age"), .limited("http2-streams-per-read"), .limited("http2-send-buffer"),
            .limited("http2-early-answer-idle"):
            true
        default: false
        }
    }

    /// The instance that it is about.
    fileprivate var instance: String? {
        switch self {
        case .unreachable(let name), .reachable(let name), .ejected(let name), .returned(let name),
            .health(let name, _):
            name
        default: nil
        }
    }
}
