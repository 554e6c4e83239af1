internal import Primitives

/// The driver's thread: takes commands, waits for sockets, lets connections work, keeps the time.
///
/// Confined to its thread, as are all pools and connections.
final class DriverLoop {
    private static let wakeupKey: UInt64 = 0

    let poller = Poller()
    private let mailbox: Mailbox
    private var connections: [UInt64: Connection] = [:]
    private var lastConnectionKey = DriverLoop.wakeupKey
    private var databases: [Int: DatabaseState] = [:]
    private var isStopping = false
    /// Read once each turn.
    private(set) var now = Deadline.now

    init(_ mailbox: Mailbox) {
        self.mailbox = mailbox
        poller.add(mailbox.wakeup, key: Self.wakeupKey, [.read, .edge])
    }

    func run() {
        var batch: [DriverCommand] = []
        while true {
            mailbox.take(into: &batch, mayDoze: true)
            if batch.isEmpty {
                if isStopping, databases.isEmpty { return }
                wait()
                mailbox.take(into: &batch, mayDoze: false)
            } else {
                now = Deadline.now
            }
            for command in batch { perform(command) }
            batch.removeAll(keepingCapacity: true)
            for (id, database) in databases {
                database.tick()
                if database.isClosed { databases[id] = nil }
            }
        }
    }

    private func wait() {
        var next: Deadline?
        for database in databases.values { next = earlier(next, database.nextDeadline) }
        poller.wait(milliseconds: next.map { milliseconds(until: $0) } ?? -1) { key in
            // A key that is gone belongs to a connection closed a moment ago.
            if let connection = connections[key] { connection.socketIsReady() }
        }
        now = Deadline.now
    }

    /// Rounded up, so that the deadline has passed when the wait ends.
    private func milliseconds(until deadline: Deadline) -> Int32 {
        let now = Deadline.now.nanoseconds
        guard deadline.nanoseconds > now else { return 0 }
        return Int32(clamping: (deadline.nanoseconds - now + 999_999) / 1_000_000)
    }

    private func perform(_ command: DriverCommand) {
        switch command {
        case .open(let id, let configuration, let statistics, let observe):
            databases[id] = DatabaseState(configuration, statistics, observe, loop: self)
        case .close(let id, let grace, let done):
            guard let database = databases[id] else {
                done?.give(())
                return
            }
            database.close(grace: grace, done)
        case .statement(let id, let request):
            guard let database = databases[id] else { return request.fail(.closed, isSafeToRetry: true) }
            database.shared.submit(request)
        case .lease(let id, let answer):
            guard let database = databases[id] else {
                answer.give(.failure(PostgresFailure(.closed, isSafeToRetry: true)))
                return
            }
            database.leases.acquire(answer)
        case .leased(let id, let lease, let request):
            guard let database = databases[id] else { return request.fail(.connectionLost) }
            database.leases.submit(request, lease: lease)
        case .release(let id, let lease): databases[id]?.leases.release(lease)
        case .abort(let id, let lease): databases[id]?.leases.abort(lease)
        case .listen(let id, let subscription):
            guard let database = databases[id] else { return subscription.finish() }
            database.listeners.add(subscription)
        case .unlisten(let id, let subscription): databases[id]?.listeners.remove(subscription)
        case .stop: isStopping = true
        }
    }

    /// Starts a connection for `owner`.
    func connect(
        _ configuration: PostgresConfiguration, role: PostgresObservation.Role, owner: any ConnectionOwner
    )
        -> Connection
    {
        lastConnectionKey += 1
        let connection = Connection(
            key: lastConnectionKey, configuration: configuration, role: role, owner: owner, loop: self)
        connections[lastConnectionKey] = connection
        return connection
    }

    func forget(_ connection: Connection) {
        connections[connection.key] = nil
    }
}

func earlier(_ left: Deadline?, _ right: Deadline?) -> Deadline? {
    guard let left else { return right }
    guard let right else { return left }
    return min(left, right)
}
