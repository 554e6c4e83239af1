import Contract
import Synchronization

/// A log in memory, which loses things when it is told to.
final class MemoryLog: EventLog {
    struct Entry: Sendable {
        let position: EventPosition
        let event: Event
    }

    /// How an append goes wrong.
    enum Fault: Sendable {
        /// Nothing happened.
        case refused
        /// It happened, and nobody was told.
        case unheard
    }

    fileprivate struct Content {
        var generation = 0
        var exists = false
        var entries: [Entry] = []
        var last = 0
        /// Positions follow time, as in Redis: a log that is begun anew starts after the lost one.
        var clock = 0
        var delivered = EventPosition.zero
        var pending: [EventPosition] = []
        var fault: Fault?
        var entriesMax = Int.max
    }

    private let content = Mutex<[String: Content]>([:])

    @discardableResult
    func change<Result: Sendable>(_ topic: String, _ body: (inout Entries) -> Result) -> Result {
        content.withLock { all in
            var entries = Entries(content: all[topic, default: Content()])
            let result = body(&entries)
            all[topic] = entries.content
            return result
        }
    }

    /// What a test does to a topic's log.
    struct Entries: Sendable {
        fileprivate var content: Content

        var all: [Entry] { content.entries }

        /// Everything is gone, the consumer's place too, as after FLUSHALL.
        mutating func empty() {
            content.exists = false
            content.entries = []
            content.last = 0
            content.delivered = .zero
            content.pending = []
        }

        /// The last entries are gone, as after a crash before they were on disk. The server starts again as another.
        mutating func cut(last count: Int) {
            content.entries.removeLast(min(count, content.entries.count))
            content.last = content.entries.last?.position.major ?? 0
            content.delivered = min(content.delivered, EventPosition(major: content.last, minor: 0))
            content.pending.removeAll { $0.major > content.last }
            content.generation += 1
        }

        mutating func trim(first count: Int) { content.entries.removeFirst(min(count, content.entries.count)) }

        mutating func failNext(_ fault: Fault?) { content.fault = fault }

        mutating func hold(atMost count: Int) { content.entriesMax = count }

        /// The next entries for the consumer: what is pending first where it starts anew. Where something pending is
        /// gone, the log is marked as lost.
        mutating func read(_ count: Int, anew: Bool) -> [Entry] {
            let old = anew ? content.entries.filter { content.pending.contains($0.position) } : []
            if anew, old.count < content.pending.count {
                content.pending = old.map(\.position)
                content.generation += 1
            }
            let new = content.entries.filter { $0.position > content.delivered }.prefix(count)
            content.pending += new.map(\.position)
            content.delivered = new.last?.position ?? content.delivered
            return old + new
        }

        mutating func acknowledge(_ entry: Entry) { content.pending.removeAll { $0 == entry.position } }
    }

    func append(
        _ events: [Event], to topic: String, expecting expected: EventLogState?
    ) async throws(EventLogFailure) -> EventLogAppend {
        let outcome: Result<EventLogAppend, EventLogFailure> = content.withLock { all in
            var content = all[topic, default: Content()]
            defer { all[topic] = content }
            let fault = content.fault
            content.fault = nil
            if fault == .refused { return .failure(EventLogFailure("refused")) }
            guard Self.state(content) == expected else { return .success(.differs(Self.state(content))) }
            guard content.entries.count < content.entriesMax else { return .success(.full) }
            if !content.exists { content.generation += 1 }
            content.exists = true
            var positions: [EventPosition] = []
            for event in events {
                content.clock += 1
                content.last = content.clock
                positions.append(EventPosition(major: content.last, minor: 0))
                content.entries.append(Entry(position: EventPosition(major: content.last, minor: 0), event: event))
            }
            if fault == .unheard { return .failure(EventLogFailure("unheard")) }
            let state = EventLogState(generation: "\(content.generation)", last: positions.last ?? .zero)
            return .success(.appended(positions, state))
        }
        return try outcome.get()
    }

    func inspect(
        _ topic: String, consumers: [ServiceName]
    ) async throws(EventLogFailure) -> EventLogInspection {
        content.withLock { all in
            let content = all[topic, default: Content()]
            let acknowledged = content.pending.min()?.predecessor ?? content.delivered
            return EventLogInspection(
                state: Self.state(content), oldest: content.entries.first?.position,
                acknowledged: consumers.isEmpty ? .max : acknowledged)
        }
    }

    func trim(_ topic: String, before position: EventPosition) async throws(EventLogFailure) {
        content.withLock { $0[topic]?.entries.removeAll { $0.position < position } }
    }

    private static func state(_ content: Content) -> EventLogState? {
        content.exists
            ? EventLogState(generation: "\(content.generation)", last: EventPosition(major: content.last, minor: 0))
            : nil
    }
}
