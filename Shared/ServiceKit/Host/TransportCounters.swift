internal import CoreMetrics
internal import Synchronization
internal import Telemetry

/// The counters of what one part of a process reports of its connections: each is looked up in the registry once, since
/// that costs more than all else that is counted of a new connection.
final class TransportCounters: Sendable {
    private struct Key: Hashable {
        let event: String
        let reason: String
    }

    private static let name = "transport_events_total"

    private let part: String
    private let registry: PrometheusRegistry
    // Events and reasons are fixed labels, so there are few.
    private let counters = Mutex<[Key: any CounterHandler]>([:])

    init(_ part: String, _ registry: PrometheusRegistry) {
        self.part = part
        self.registry = registry
        registry.describe(Self.name, "What listeners and pools did")
    }

    func count(_ event: String, reason: String) {
        let key = Key(event: event, reason: reason)
        let counter = counters.withLock { counters in
            if let known = counters[key] { return known }
            let made = registry.makeCounter(
                label: Self.name, dimensions: [("part", part), ("event", event), ("reason", reason)])
            counters[key] = made
            return made
        }
        counter.increment(by: 1)
    }
}
