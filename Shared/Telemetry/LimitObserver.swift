internal import CoreMetrics
package import Logging

/// Counts the limits that acted, and tells of some: `limits_reached_total{limit}` and a log line, sampled by limit.
package struct LimitObserver: Sendable {
    private let registry: PrometheusRegistry
    private let notices: SampledLog

    package init(registry: PrometheusRegistry, logger: Logger) {
        self.registry = registry
        notices = SampledLog(logger)
        registry.describe("limits_reached_total", "Times that a limit acted")
    }

    package func observe(_ limit: LimitObservation) {
        registry.makeCounter(label: "limits_reached_total", dimensions: [("limit", limit.limit.description)])
            .increment(by: 1)
        var metadata: Logger.Metadata = [:]
        if !limit.detail.isEmpty { metadata["detail"] = .string(limit.detail) }
        if let id = limit.requestID { metadata["request"] = .string(id.description) }
        notices.notice("limit reached", reason: limit.limit.description, metadata: metadata)
    }
}
