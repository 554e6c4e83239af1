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

    package func observer(operations: [String]) -> RequestObserver {
        RequestObserver(operations: operations, output: output, registry: registry)
    }

    /// Counts what a listener or a pool reports: `transport_events_total{part,event,reason}`.
    package func transportObserver(_ part: String) -> TransportObserver {
        let registry = registry
        registry.describe("transport_events_total", "What listeners and pools did")
        // Requests are counted by operation where they are answered; a second count would cost each of them.
        return TransportObserver { event in
            guard let (name, reason) = event.label else { return }
            registry.makeCounter(
                label: "transport_events_total", dimensions: [("part", part), ("event", name), ("reason", reason)]
            ).increment(by: 1)
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
        }
    }
}
