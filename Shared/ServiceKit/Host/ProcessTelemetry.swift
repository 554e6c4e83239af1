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
        output = LogOutput(service: service, format: settings.logFormat, level: settings.logLevel)
        registry = PrometheusRegistry()
    }

    /// - Parameter hasDatabase: whether requests tell what they asked of a database.
    package func observer(
        operations: [String], part: ServiceName, hasDatabase: Bool = false
    ) -> RequestObserver {
        RequestObserver(
            operations: operations, part: part.rawValue, output: output, registry: registry, hasDatabase: hasDatabase)
    }

    /// Counts what a listener or a pool reports: `transport_events_total{part,event,reason}`. What befalls an instance
    /// of a service goes to the log too, sampled, where alone its address may stand.
    package func transportObserver(_ part: String) -> TransportObserver {
        let registry = registry
        let notices = SampledLog(output.logger)
        registry.describe("transport_events_total", "What listeners and pools did")
        // Requests are counted by operation where they are answered; a second count would cost each of them.
        return TransportObserver { event in
            guard let (name, reason) = event.label else { return }
            registry.makeCounter(
                label: "transport_events_total", dimensions: [("part", part), ("event", name), ("reason", reason)]
            ).increment(by: 1)
            guard let instance = event.instance else { return }
            notices.notice(
                "upstream instance", reason: name, metadata: ["part": .string(part), "instance": .string(instance)])
        }
    }
}

extension TransportObserver.Event {
    fileprivate var label: (String, reason: String)? {
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
