package import Contract
package import Events
package import Ledger
internal import Logging
package import NIOCore
package import Postgres
package import Primitives
package import Redis
package import Telemetry

/// Carries one service's events: relays its outbox and gives it those that it subscribes to.
///
/// Of all processes of a service one does this at a time; another takes over when it ends, is cut off or stands still.
package struct EventsHost: Sendable {
    /// Why the parts do not fit together.
    package struct WiringFault: Error, CustomStringConvertible {
        package let description: String
    }

    private let service: ServiceName
    private let database: Database
    private let relay: OutboxRelay?
    private let consumer: EventConsumer?
    private let settings: EventsSettings
    private let observer: EventObserver

    /// How often rows are counted for metrics, and old ones deleted.
    private static let housekeepingInterval: Duration = .seconds(15)

    /// - Parameters:
    ///   - subscriptions: one for each version of each topic that names the service as a consumer.
    ///   - topics: of the whole suite.
    ///   - streams: names in Redis; tests keep apart by them.
    /// - Throws: where the subscriptions are not those that the topics promise, since an event without one would never
    ///   be confirmed.
    package init(
        _ service: ServiceName, subscriptions: [Subscription], topics: [TopicDescription], database: Database,
        redis: RedisClient, loops: any EventLoopGroup, settings: EventsSettings = EventsSettings(),
        streams: EventStreams = EventStreams(), telemetry: LogOutput, registry: PrometheusRegistry,
        clock: Clock = .system
    ) throws(WiringFault) {
        try Self.check(service, subscriptions, topics)
        let produced = topics.filter { $0.producer == service }
        let consumed = Set(subscriptions.map(\.topic)).sorted()
        let instruments = EventInstruments(
            service, produced: Set(produced.map(\.name)).sorted(), consumed: consumed, registry)
        let observer = EventObserver(instruments, telemetry.logger, clock)
        self.service = service
        self.database = database
        self.settings = settings
        self.observer = observer
        relay =
            produced.isEmpty
            ? nil : Self.relay(database, redis, produced, streams, settings, observer)
        consumer =
            consumed.isEmpty
            ? nil
            : Self.consumer(
                service, consumed, InboxReceiver(database, subscriptions, attemptsMax: settings.attemptsMax), redis,
                loops, streams, observer)
    }

    /// Works until its task is cancelled; waits out whatever is away.
    package func run() async {
        guard relay != nil || consumer != nil else { return await Self.forever() }
        let leadership = Leadership(database, of: "events") { [observer] failure in
            observer.note("events wait for PostgreSQL", reason: "lead", detail: failure.description)
        }
        await leadership.run {
            observer.note("carrying events", reason: "leading", detail: service.rawValue, level: .info)
            await withDiscardingTaskGroup { group in
                if let relay { group.addTask { await relay.run() } }
                if let consumer { group.addTask { await consumer.run() } }
                group.addTask { await keepHouse() }
            }
            observer.forgetCounts()
        }
    }

    /// Work of a process ends only when it is cancelled.
    private static func forever() async {
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
    }

    private func keepHouse() async {
        while !Task.isCancelled {
            do throws(PostgresFailure) {
                // What bounds the tables comes before what counts them, which a backlog may make too slow.
                if consumer != nil {
                    try await Inbox.prune(keeping: settings.inboxRetention, in: database)
                    observer.counted(dead: try await Inbox.deadCounts(in: database))
                }
                if relay != nil { observer.counted(try await Outbox.counts(in: database)) }
            } catch {
                observer.note("events cannot be counted", reason: "counts", detail: error.description)
            }
            try? await Task.sleep(for: Self.housekeepingInterval)
        }
    }
}

extension EventsHost {
    private static func check(
        _ service: ServiceName, _ subscriptions: [Subscription], _ topics: [TopicDescription]
    ) throws(WiringFault) {
        let promised = Set(topics.filter { $0.consumers.contains(service) }.map { "\($0.name) \($0.version)" })
        let held = subscriptions.map { "\($0.topic) \($0.version)" }
        let missing = promised.subtracting(held).sorted()
        let extra = Set(held).subtracting(promised).sorted()
        guard missing.isEmpty else { throw WiringFault(description: "\(service) does not subscribe to \(missing)") }
        guard extra.isEmpty else { throw WiringFault(description: "\(service) is no consumer of \(extra)") }
        guard Set(held).count == held.count else {
            throw WiringFault(description: "\(service) subscribes twice to the same")
        }
    }

    private static func relay(
        _ database: Database, _ redis: RedisClient, _ topics: [TopicDescription], _ streams: EventStreams,
        _ settings: EventsSettings, _ observer: EventObserver
    ) -> OutboxRelay {
        var times = OutboxRelay.Settings()
        times.retention = settings.retention
        let log = RedisEventLog(redis, streams: streams, entriesMax: settings.waitingMax)
        return OutboxRelay(database, log: log, topics: topics, settings: times) { observer.observe($0) }
    }

    private static func consumer(
        _ service: ServiceName, _ topics: [String], _ receiver: InboxReceiver, _ redis: RedisClient,
        _ loops: any EventLoopGroup, _ streams: EventStreams, _ observer: EventObserver
    ) -> EventConsumer {
        EventConsumer(
            service, topics: topics, redis: redis, loops: loops, streams: streams,
            receiver: .init(
                receive: { await receiver.receive($0, attempt: $1) },
                setAside: { await receiver.setAside(topic: $0, $1) })
        ) { observer.observe($0) }
    }
}
