internal import Primitives

/// The one connection of a database that listens, opened with the first subscription.
final class ListenerHub: ConnectionOwner {
    private let configuration: PostgresConfiguration
    let tally: Tally
    private unowned let loop: DriverLoop
    private var connection: Connection?
    private var subscriptions: [Int: Subscription] = [:]
    private var listening: Set<String> = []
    private var reconnectAt: Deadline?
    private var backoff: Backoff

    init(_ configuration: PostgresConfiguration, _ tally: Tally, loop: DriverLoop) {
        self.configuration = configuration
        self.tally = tally
        self.loop = loop
        backoff = Backoff(configuration)
    }

    func add(_ subscription: Subscription) {
        subscriptions[subscription.id] = subscription
        guard let connection else {
            if reconnectAt == nil { reconnectAt = loop.now }
            return
        }
        if connection.isReady { listen(subscription.channel, over: connection) }
    }

    func remove(_ id: Int) {
        subscriptions[id] = nil
        guard subscriptions.isEmpty else { return }
        connection?.close()
        connection = nil
        reconnectAt = nil
        listening.removeAll()
    }

    private func listen(_ channel: String, over connection: Connection) {
        let isNew = listening.insert(channel).inserted
        guard isNew else { return announce(channel) }
        let request = Request(.script(name: "postgres.listen", sql: "LISTEN \(SQLQuote.identifier(channel))"))
        connection.send(request)
    }

    /// From here on notifications come: what was missed before must be looked for.
    private func announce(_ channel: String) {
        for subscription in subscriptions.values where subscription.channel == channel {
            subscription.yield(.listening)
        }
    }

    func connectionIsReady(_ connection: Connection) {
        backoff.reset()
        for channel in Set(subscriptions.values.map(\.channel)) { listen(channel, over: connection) }
    }

    func connectionHasRoom(_ connection: Connection) {
        guard connection.load == 0 else { return }
        for channel in listening { announce(channel) }
    }

    func connectionEnded(_ connection: Connection) {
        self.connection = nil
        listening.removeAll()
        if !subscriptions.isEmpty { reconnectAt = loop.now.advanced(by: backoff.next()) }
    }

    func resubmit(_ request: Request) {}

    func connectionNotified(channel: String, payload: String) {
        for subscription in subscriptions.values where subscription.channel == channel {
            subscription.yield(.notified(payload: payload))
        }
    }

    func tick() {
        connection?.checkDeadline()
        guard let at = reconnectAt, at <= loop.now else { return }
        reconnectAt = nil
        connection = loop.connect(configuration, role: .listening, owner: self)
        connection?.start()
    }

    var nextDeadline: Deadline? { earlier(reconnectAt, connection?.deadline) }

    func close() {
        for subscription in subscriptions.values { subscription.finish() }
        subscriptions.removeAll()
        connection?.close()
        connection = nil
        reconnectAt = nil
    }
}
