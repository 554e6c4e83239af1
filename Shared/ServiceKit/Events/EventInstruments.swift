internal import Contract
internal import CoreMetrics
internal import Primitives
internal import Telemetry

/// What is counted of events, by topic and consumer.
///
/// - Of a producer: `events_sent_total`, `events_resent_total`, `events_confirmed_total`, and as of the last look
///   `events_unsent`, `events_unconfirmed`, `events_oldest_seconds`.
/// - Of a consumer: `event_lag_seconds` (commit to effect), `events_done_total`, `events_duplicate_total`,
///   `events_retried_total`, `events_dead_total`, and as of the last look `events_dead`.
struct EventInstruments: Sendable {
    struct Producer: Sendable {
        let sent, resent, confirmed: any CounterHandler & Sendable
        let unsent, unconfirmed, oldestSeconds: any MeterHandler & Sendable
    }

    struct Consumer: Sendable {
        let lag: any TimerHandler & Sendable
        let done, duplicate, retried, died: any CounterHandler & Sendable
        let dead: any MeterHandler & Sendable
    }

    /// Looked up without a lock: they never change.
    let producers: [String: Producer]
    let consumers: [String: Consumer]

    init(_ service: ServiceName, produced: [String], consumed: [String], _ registry: PrometheusRegistry) {
        registry.describe("event_lag_seconds", "Time from an event's commit to its effect")
        registry.describe("events_oldest_seconds", "Age of the oldest event that is not confirmed")
        registry.describe("events_dead", "Events that were put aside, and wait for an operator")
        func by(_ topics: [String]) -> [(String, [(String, String)])] {
            topics.map { ($0, [("topic", $0)]) }
        }
        producers = Dictionary(
            uniqueKeysWithValues: by(produced).map { topic, labels in
                (topic, Producer(labels, registry))
            })
        consumers = Dictionary(
            uniqueKeysWithValues: by(consumed).map { topic, labels in
                (topic, Consumer(labels + [("consumer", service.rawValue)], registry))
            })
    }
}

extension EventInstruments.Producer {
    fileprivate init(_ labels: [(String, String)], _ registry: PrometheusRegistry) {
        sent = registry.makeCounter(label: "events_sent_total", dimensions: labels)
        resent = registry.makeCounter(label: "events_resent_total", dimensions: labels)
        confirmed = registry.makeCounter(label: "events_confirmed_total", dimensions: labels)
        unsent = registry.makeMeter(label: "events_unsent", dimensions: labels)
        unconfirmed = registry.makeMeter(label: "events_unconfirmed", dimensions: labels)
        oldestSeconds = registry.makeMeter(label: "events_oldest_seconds", dimensions: labels)
    }
}

extension EventInstruments.Consumer {
    fileprivate init(_ labels: [(String, String)], _ registry: PrometheusRegistry) {
        lag = registry.makeTimer(label: "event_lag_seconds", dimensions: labels)
        done = registry.makeCounter(label: "events_done_total", dimensions: labels)
        duplicate = registry.makeCounter(label: "events_duplicate_total", dimensions: labels)
        retried = registry.makeCounter(label: "events_retried_total", dimensions: labels)
        died = registry.makeCounter(label: "events_dead_total", dimensions: labels)
        dead = registry.makeMeter(label: "events_dead", dimensions: labels)
    }
}
