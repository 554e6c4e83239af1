internal import Primitives
internal import Telemetry

extension EdgeCache {
    /// Shows what the cache does and holds: `edge_cache_answers_total{outcome}`, `edge_cache_removed_total{reason}`,
    /// `edge_cache_purges_total{reason}`, `edge_cache_bytes`, `edge_cache_entries`, `edge_cache_waiting`,
    /// `edge_cache_silence_seconds`, `limits_reached_total{limit="cache-answer-bytes"}`.
    ///
    /// The registry holds the cache: one that is held weakly somewhere is slower to hold for every request.
    func show(in registry: PrometheusRegistry) {
        registry.describe("edge_cache_answers_total", "Requests whose answers may be kept, by what came of them")
        for outcome in Outcome.allCases {
            registry.readCounter("edge_cache_answers_total", [("outcome", outcome.label)]) { Double(self[outcome]) }
        }
        registry.describe("edge_cache_purges_total", "Times that kept answers were let go of")
        for reason in PurgeReason.allCases {
            registry.readCounter("edge_cache_purges_total", [("reason", reason.label)]) { Double(self[reason]) }
        }
        registry.describe("edge_cache_removed_total", "Kept answers that went: for want of room, purged, replaced")
        count(registry, "evicted") { $0.shelf.removals.evicted }
        count(registry, "purged") { $0.shelf.removals.purged }
        count(registry, "replaced") { $0.shelf.removals.replaced }
        // A counter alone: where an answer is too large it is so each time, and a line for each would tell no more.
        registry.readCounter("limits_reached_total", [("limit", "cache-answer-bytes")]) { Double(self.tooLargeCount) }
        gauge(registry, "edge_cache_bytes", "Bytes of kept answers") { $0.shelf.bytes }
        gauge(registry, "edge_cache_entries", "Keys of kept answers") { $0.shelf.count }
        gauge(registry, "edge_cache_waiting", "Requests that wait for another's answer") { $0.waiting }
        registry.describe(
            "edge_cache_silence_seconds", "How long purges may have gone by unheard; -1 before any could be heard")
        registry.readGauge("edge_cache_silence_seconds") {
            self.silence.map { Double($0.wholeMilliseconds) / 1000 } ?? -1
        }
    }

    private func count(
        _ registry: PrometheusRegistry, _ reason: String, _ read: @escaping @Sendable (Machine) -> Int
    ) {
        registry.readCounter("edge_cache_removed_total", [("reason", reason)]) { Double(self.sum(read)) }
    }

    private func gauge(
        _ registry: PrometheusRegistry, _ name: String, _ help: String,
        _ read: @escaping @Sendable (Machine) -> Int
    ) {
        registry.describe(name, help)
        registry.readGauge(name) { Double(self.sum(read)) }
    }
}
