package import Contract
package import NIOCore
package import Primitives
package import Redis
internal import Synchronization

/// Reads topics for one service and hands each event on until it has taken effect or is put aside.
///
/// One consumer of a service runs at a time: that keeps the events of a key in order over all its processes, and lets a
/// successor take over at once what its predecessor left, since they read by the same name. Two that overlap do no
/// harm but to the order: whoever receives absorbs duplicates.
///
/// An event that fails is tried again after a growing pause, and those of its key wait for it; the others go on.
package final class EventConsumer: Sendable {
    /// Limits and times.
    package struct Settings: Sendable {
        /// Events that are worked on at the same time.
        package var concurrentMax = 2
        /// Events that were read and are not settled.
        package var inHandMax = 1024
        /// Entries that one read takes of each stream.
        package var batchMax = 128
        /// About how many entries a stream of dead letters keeps.
        package var deadLettersMax = 10_000
        /// Deliveries of one event above which it counts as one that takes its process down.
        package var deliveriesMax = 1000
        /// Between the attempts of one event.
        package var schedule = RetrySchedule(delayFirst: .milliseconds(200), delayMax: .seconds(60))
        /// While what all events need is away.
        package var outage = RetrySchedule(delayFirst: .milliseconds(200), delayMax: .seconds(3))
        package var blockTime = Duration.seconds(1)

        package init() {}
    }

    /// What happens with what was read: both record what they put aside before they return.
    package struct Receiver: Sendable {
        let receive: @Sendable (Event, _ attempt: Int) async -> EventOutcome
        let setAside: @Sendable (_ topic: String, EventFault) async -> EventOutcome

        /// - Parameters:
        ///   - receive: gets the number of the attempt, from 1.
        ///   - setAside: gets what is no event at all.
        package init(
            receive: @escaping @Sendable (Event, _ attempt: Int) async -> EventOutcome,
            setAside: @escaping @Sendable (_ topic: String, EventFault) async -> EventOutcome
        ) {
            self.receive = receive
            self.setAside = setAside
        }
    }

    let service: ServiceName
    let topics: [String]
    let redis: RedisClient
    let streams: EventStreams
    let settings: Settings
    let receiver: Receiver
    let observe: @Sendable (EventObservation) -> Void
    private let loops: any EventLoopGroup
    let table = Mutex(LaneTable())
    let turnstile: Turnstile
    /// Whether entries may be pending that are not in hand.
    let mayHaveLeft = Atomic(true)

    /// - Parameters:
    ///   - redis: for everything but the read that waits, which has a connection of its own on one of `loops`.
    ///   - topics: by name, without duplicates.
    package init(
        _ service: ServiceName, topics: [String], redis: RedisClient, loops: any EventLoopGroup,
        streams: EventStreams = EventStreams(), settings: Settings = Settings(), receiver: Receiver,
        observe: @escaping @Sendable (EventObservation) -> Void = { _ in }
    ) {
        self.service = service
        self.topics = topics
        self.redis = redis
        self.loops = loops
        self.streams = streams
        self.settings = settings
        self.receiver = receiver
        self.observe = observe
        turnstile = Turnstile(places: settings.concurrentMax)
    }

    var group: String { service.rawValue }

    /// Works until its task is cancelled. May be called again after it has returned.
    package func run() async {
        guard !topics.isEmpty else { return }
        let reader = RedisGroupReader(
            configuration: redis.configuration, loops: loops, streams: topics.map(streams.stream), group: group,
            consumer: group, blockTime: settings.blockTime)
        mayHaveLeft.store(true, ordering: .relaxed)
        await withDiscardingTaskGroup { lanes in
            var failures = 0
            while !Task.isCancelled {
                do throws(RedisFailure) {
                    try await turn(reader, &lanes)
                    failures = 0
                } catch {
                    failures += 1
                    await recover(from: error, failures: failures)
                }
            }
        }
        await reader.close()
    }

    /// Reads once and gives what came to the lanes.
    private func turn(
        _ reader: RedisGroupReader, _ lanes: inout DiscardingTaskGroup
    ) async throws(RedisFailure) {
        if mayHaveLeft.exchange(false, ordering: .relaxed) {
            for delivery in try await pending() { add(delivery, &lanes) }
        }
        let room = settings.inHandMax - table.withLock { $0.count }
        guard room >= topics.count else {
            // Lanes are at work, or pause.
            try? await Task.sleep(for: .milliseconds(20))
            return
        }
        let read = try await reader.read(countMax: min(settings.batchMax, room / topics.count))
        for delivery in Self.inOrder(read.flatMap { deliveries(of: $0) }) { add(delivery, &lanes) }
    }

    private func deliveries(of read: GroupEntries) -> [Delivery] {
        let topic = streams.topic(ofStream: read.stream)
        return read.entries.map { Delivery($0, topic: topic, deliveries: 1) }
    }

    /// As they were appended, as far as different streams tell: only one topic's order is promised.
    static func inOrder(_ deliveries: [Delivery]) -> [Delivery] {
        func rank(_ delivery: Delivery) -> (UInt64, Int, UInt64) {
            let sequence = (try? delivery.content.get().facts.sequence) ?? 0
            return (delivery.place.id.milliseconds, sequence, delivery.place.id.sequence)
        }
        return deliveries.sorted { rank($0) < rank($1) }
    }

    private func add(_ delivery: Delivery, _ lanes: inout DiscardingTaskGroup) {
        guard table.withLock({ $0.add(delivery) }) == .startsLane else { return }
        lanes.addTask { await self.work(delivery.lane) }
    }

    private func recover(from failure: RedisFailure, failures: Int) async {
        guard !Task.isCancelled else { return }
        mayHaveLeft.store(true, ordering: .relaxed)
        if failure.kind == .server(code: "NOGROUP") {
            if await makeGroups() { return }
        } else {
            observe(.redisFailed(failure))
        }
        var generator = SystemRandomNumberGenerator()
        try? await Task.sleep(for: settings.outage.delay(afterAttempt: failures, using: &generator))
    }
}
