package import Contract
package import Postgres

/// Carries the events of one schema's outbox to their logs, in order, and sees to it that they stay there until every
/// consumer has them.
///
/// One relay of a schema should run at a time (`Leadership`). Two that overlap send events twice and harm nothing else.
/// A relay that ends anywhere leaves rows unsent that it may have appended: they are appended once more.
package struct OutboxRelay: Sendable {
    /// Limits and times.
    package struct Settings: Sendable {
        /// How often it looks for rows that no notification told of.
        package var pollInterval = Duration.seconds(1)
        /// How often it looks for acknowledgements and losses.
        package var confirmInterval = Duration.seconds(1)
        package var pruneInterval = Duration.seconds(60)
        /// How long confirmed rows are kept for replay.
        package var retention = Duration.seconds(7 * 86_400)
        /// The pause after a failure grows up to this.
        package var pauseMax = Duration.seconds(2)

        package init() {}
    }

    let database: Database
    let log: any EventLog
    let settings: Settings
    let observe: @Sendable (RelayObservation) -> Void
    /// By topic; of a topic that is not declared any more nobody's confirmation is awaited.
    private let consumers: [String: [ServiceName]]

    /// - Parameter topics: that the schema's service produces.
    package init(
        _ database: Database, log: any EventLog, topics: [TopicDescription], settings: Settings = Settings(),
        observe: @escaping @Sendable (RelayObservation) -> Void = { _ in }
    ) {
        self.database = database
        self.log = log
        self.settings = settings
        self.observe = observe
        consumers = Dictionary(grouping: topics, by: \.name).mapValues { versions in
            Set(versions.flatMap(\.consumers)).sorted { $0.rawValue < $1.rawValue }
        }
    }

    func consumers(of topic: String) -> [ServiceName] { consumers[topic] ?? [] }

    /// Works until its task is cancelled.
    package func run() async {
        let (wake, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withDiscardingTaskGroup { wakers in
            wakers.addTask { await self.wakeOnTime(waker) }
            wakers.addTask { await self.wakeOnNotifications(waker) }
            var pass = RelayPass(self)
            for await _ in wake {
                await pass.run()
            }
            wakers.cancelAll()
        }
    }

    private func wakeOnTime(_ waker: AsyncStream<Void>.Continuation) async {
        while !Task.isCancelled {
            waker.yield()
            try? await Task.sleep(for: settings.pollInterval)
        }
        waker.finish()
    }

    private func wakeOnNotifications(_ waker: AsyncStream<Void>.Continuation) async {
        var channel: String?
        while channel == nil, !Task.isCancelled {
            channel = try? await database.one(OutboxStatements.channel)
            if channel == nil { try? await Task.sleep(for: settings.pollInterval) }
        }
        guard let channel else { return }
        for await _ in database.notifications(on: channel, limit: 1) { waker.yield() }
    }
}

/// What a relay tells whoever logs and counts.
package enum RelayObservation: Sendable {
    case sent(topic: String, count: Int)
    case confirmed(topic: String, count: Int)
    /// What the log had been given is gone; the unconfirmed rows are sent again.
    case lost(topic: String, LogLoss, resent: Int)
    /// Consumers are so far behind that the topic's events wait in the outbox.
    case full(topic: String)
    /// Another relay works on the topic at the same time.
    case overtaken(topic: String)
    case pruned(count: Int)
    case databaseFailed(PostgresFailure)
    case logFailed(topic: String, EventLogFailure)
}
