internal import Contract
internal import CoreMetrics
internal import Events
internal import Ledger
internal import Logging
internal import Postgres
internal import Primitives
internal import Redis
internal import Telemetry

/// Turns what relay and consumer tell into metrics and log lines.
struct EventObserver: Sendable {
    private let instruments: EventInstruments
    private let logger: Logger
    private let notices: SampledLog
    private let clock: Clock

    init(_ instruments: EventInstruments, _ logger: Logger, _ clock: Clock) {
        self.instruments = instruments
        self.logger = logger
        notices = SampledLog(logger)
        self.clock = clock
    }

    func note(_ message: Logger.Message, reason: String, detail: String, level: Logger.Level = .warning) {
        notices.notice(message, reason: reason, level: level, metadata: ["detail": .string(detail)])
    }

    func observe(_ observation: RelayObservation) {
        switch observation {
        case .sent(let topic, let count): instruments.producers[topic]?.sent.increment(by: Int64(count))
        case .confirmed(let topic, let count): instruments.producers[topic]?.confirmed.increment(by: Int64(count))
        case .lost(let topic, let loss, let resent):
            instruments.producers[topic]?.resent.increment(by: Int64(resent))
            logger.warning(
                "Redis lost events, which are sent again",
                metadata: ["topic": "\(topic)", "loss": "\(loss.rawValue)", "count": "\(resent)"])
        case .full(let topic): note("a topic's consumers are far behind", reason: "full", detail: topic)
        case .overtaken(let topic): note("another relay sends the same events", reason: "overtaken", detail: topic)
        case .pruned(let count): logger.debug("old events were deleted", metadata: ["count": "\(count)"])
        case .databaseFailed(let failure):
            note("events wait for PostgreSQL", reason: "outbox", detail: failure.description)
        case .logFailed(let topic, let failure):
            note("events wait for Redis", reason: "append", detail: "\(topic): \(failure)")
        }
    }

    func observe(_ observation: EventObservation) {
        switch observation {
        case .done(let facts):
            let instruments = instruments.consumers[facts.topic]
            instruments?.done.increment(by: 1)
            // A clock that was set back makes no negative lag.
            instruments?.lag.recordNanoseconds(max(clock.now - facts.createdAt, .zero).wholeNanoseconds)
        case .duplicate(let facts): instruments.consumers[facts.topic]?.duplicate.increment(by: 1)
        case .willRetry(let facts, let attempt, let reason):
            instruments.consumers[facts.topic]?.retried.increment(by: 1)
            notices.notice(
                "an event failed and is tried again", reason: "retry",
                metadata: Self.metadata(facts, reason).merging(["attempt": "\(attempt)"]) { $1 })
        case .dead(let topic, let facts, let reason):
            instruments.consumers[topic]?.died.increment(by: 1)
            let metadata = facts.map { Self.metadata($0, reason) } ?? ["topic": "\(topic)", "detail": "\(reason)"]
            logger.error("an event was put aside", metadata: metadata)
        case .unavailable(let topic, let reason):
            note("events wait to take effect", reason: "unavailable", detail: "\(topic): \(reason)")
        case .vanished(let topic, let count):
            logger.warning(
                "pending events were deleted from Redis", metadata: ["topic": "\(topic)", "count": "\(count)"])
        case .redisFailed(let failure):
            note("events wait for Redis", reason: "consume", detail: failure.description)
        }
    }

    private static func metadata(_ facts: EventFacts, _ reason: String) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "event": "\(facts.id)", "topic": "\(facts.topic)", "detail": "\(reason)",
        ]
        if let request = facts.requestID { metadata["request"] = "\(request)" }
        return metadata
    }

    // MARK: Counts

    func counted(_ counts: [Outbox.Counts]) {
        let found = Dictionary(counts.map { ($0.topic, $0) }) { first, _ in first }
        for (topic, instruments) in instruments.producers {
            instruments.unsent.set(Double(found[topic]?.unsent ?? 0))
            instruments.unconfirmed.set(Double(found[topic]?.unconfirmed ?? 0))
            instruments.oldestSeconds.set(found[topic]?.oldestSeconds ?? 0)
        }
    }

    func counted(dead counts: [(topic: String, count: Int)]) {
        let found = Dictionary(counts.map { ($0.topic, $0.count) }) { first, _ in first }
        for (topic, instruments) in instruments.consumers { instruments.dead.set(Double(found[topic] ?? 0)) }
    }

    /// Another process counts from here on.
    func forgetCounts() {
        counted([Outbox.Counts]())
        counted(dead: [])
    }
}
