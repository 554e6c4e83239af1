internal import Contract
internal import Postgres
internal import Primitives

/// The relay's work, and what it remembers from one turn to the next.
struct RelayPass {
    let relay: OutboxRelay
    /// By topic; nil before the table was read.
    var machines: [String: LogMachine]?
    /// The generation that the table names, by topic.
    var recorded: [String: String] = [:]
    /// Topics that wait until the next turn: their log is full or does not answer.
    private var heldUp: Set<String> = []
    /// Whether rows were made unsent meanwhile.
    var hasMore = false
    var confirmAt = Deadline.now
    var pruneAt = Deadline.now
    private var hasFailed = false
    private var failures = 0

    init(_ relay: OutboxRelay) {
        self.relay = relay
    }

    /// Sends what there is, then sees to acknowledgements and old rows where it is time. After a failure it pauses.
    mutating func run() async {
        heldUp.removeAll()
        hasFailed = false
        do throws(PostgresFailure) {
            try await sendAll()
            if confirmAt.hasPassed { try await confirmAll() }
            if pruneAt.hasPassed { try await prune() }
        } catch {
            // What is known may be half written.
            machines = nil
            hasFailed = true
            if !Task.isCancelled { relay.observe(.databaseFailed(error)) }
        }
        failures = hasFailed ? failures + 1 : 0
        if hasFailed { await pause() }
    }

    private func pause() async {
        let ceiling = min(.milliseconds(50) * (1 << min(failures, 10)), relay.settings.pauseMax)
        try? await Task.sleep(for: ceiling * .random(in: 0.5...1))
    }

    // MARK: Sending

    /// Sends until nothing is unsent but for topics that are held up.
    mutating func sendAll() async throws(PostgresFailure) {
        try await load()
        while !Task.isCancelled {
            let events = try await relay.database.all(OutboxStatements.unsent, heldUp.sorted())
            for (topic, events) in Self.byTopic(events) { try await send(events, to: topic) }
            guard events.count == OutboxStatements.batchMax || hasMore else { return }
            hasMore = false
            // A long backlog must not keep the log from being looked at.
            if confirmAt.hasPassed { try await confirmAll() }
        }
    }

    mutating func load() async throws(PostgresFailure) {
        guard machines == nil else { return }
        let logs = try await relay.database.all(OutboxStatements.logs)
        machines = Dictionary(logs.map { ($0.topic, LogMachine(known: $0.state)) }) { first, _ in first }
        recorded = Dictionary(logs.compactMap { log in log.generation.map { (log.topic, $0) } }) { first, _ in first }
    }

    /// The topics in the order of their first events, each with its events in order.
    static func byTopic(_ events: [Event]) -> [(topic: String, events: [Event])] {
        var order: [String] = []
        var grouped: [String: [Event]] = [:]
        for event in events {
            if grouped[event.facts.topic] == nil { order.append(event.facts.topic) }
            grouped[event.facts.topic, default: []].append(event)
        }
        return order.map { ($0, grouped[$0] ?? []) }
    }

    private mutating func send(_ events: [Event], to topic: String) async throws(PostgresFailure) {
        // Once with what is known, once with what was found instead.
        for _ in 0..<2 {
            let answer: EventLogAppend
            do throws(EventLogFailure) {
                answer = try await relay.log.append(events, to: topic, expecting: machines?[topic]?.known)
            } catch {
                return fail(topic, error)
            }
            switch answer {
            case .appended(let positions, let state):
                return try await record(events, positions, topic, state)
            case .full:
                heldUp.insert(topic)
                return relay.observe(.full(topic: topic))
            case .differs(let found):
                // Earlier events come first where some have to be sent again.
                guard try await look(topic, found) else { return }
            }
        }
        overtaken(topic)
    }

    mutating func fail(_ topic: String, _ failure: EventLogFailure) {
        heldUp.insert(topic)
        hasFailed = true
        if !Task.isCancelled { relay.observe(.logFailed(topic: topic, failure)) }
    }

    private mutating func overtaken(_ topic: String) {
        heldUp.insert(topic)
        relay.observe(.overtaken(topic: topic))
    }

    private mutating func record(
        _ events: [Event], _ positions: [EventPosition], _ topic: String, _ state: EventLogState
    ) async throws(PostgresFailure) {
        let marked = try await relay.database.execute(
            OutboxStatements.markSent, topic, recorded[topic], state.generation, state.last.major,
            state.last.minor, events.map(\.facts.sequence), positions.map(\.major), positions.map(\.minor))
        guard marked > 0 else {
            // Somebody else has written meanwhile: read the table again.
            machines = nil
            overtaken(topic)
            return try await load()
        }
        machines?[topic, default: LogMachine(known: nil)].appended(state)
        recorded[topic] = state.generation
        relay.observe(.sent(topic: topic, count: events.count))
    }
}
