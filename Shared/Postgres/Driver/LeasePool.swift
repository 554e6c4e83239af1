internal import Primitives

/// Whole connections, leased to one transaction at a time, first come first served.
final class LeasePool: ConnectionOwner {
    private struct Waiter {
        let answer: LeaseAnswer
        let since: Deadline
    }

    private struct Idle {
        let connection: Connection
        let since: Deadline
    }

    private let configuration: PostgresConfiguration
    let tally: Tally
    private unowned let loop: DriverLoop
    private var leased: [Int: Connection] = [:]
    private var idle: [Idle] = []
    private var opening: [Connection] = []
    private var waiting = FIFO<Waiter>()
    private var lastLease = 0
    private var backoff: Backoff
    private var downSince: Deadline?
    private var openAgainAt: Deadline?
    private var takes = true

    init(_ configuration: PostgresConfiguration, _ tally: Tally, loop: DriverLoop) {
        self.configuration = configuration
        self.tally = tally
        self.loop = loop
        backoff = Backoff(configuration)
    }

    // MARK: Leases

    func acquire(_ answer: LeaseAnswer) {
        guard takes else {
            answer.give(.failure(PostgresFailure(.closed, isSafeToRetry: true)))
            return
        }
        if waiting.isEmpty, let connection = idle.popLast()?.connection {
            if !grant(connection, to: answer) { idle.append(Idle(connection: connection, since: loop.now)) }
            return
        }
        guard waiting.count < configuration.waitingLeasesMax else { return refuse(answer, .tooManyWaiters) }
        waiting.append(Waiter(answer: answer, since: loop.now))
        openIfNeeded()
    }

    /// False where the caller has given up.
    private func grant(_ connection: Connection, to answer: LeaseAnswer) -> Bool {
        lastLease += 1
        guard answer.give(.success(lastLease)) else { return false }
        leased[lastLease] = connection
        tally.counts.leases += 1
        return true
    }

    private func refuse(_ answer: LeaseAnswer, _ kind: PostgresFailure.Kind) {
        tally.counts.refusals += 1
        answer.give(.failure(PostgresFailure(kind, isSafeToRetry: true)))
    }

    func submit(_ request: Request, lease: Int) {
        guard let connection = leased[lease] else { return request.fail(.connectionLost) }
        connection.send(request)
    }

    func release(_ lease: Int) {
        guard let connection = leased.removeValue(forKey: lease) else { return }
        if connection.isAtRest { offer(connection) } else { connection.close() }
        openIfNeeded()
    }

    /// The caller gave up in the middle: cancels what runs, which nobody else can be hit by, and drops the connection.
    func abort(_ lease: Int) {
        guard let connection = leased.removeValue(forKey: lease) else { return }
        connection.cancelRunning()
        connection.close()
        openIfNeeded()
    }

    private func offer(_ connection: Connection) {
        while let waiter = waiting.popFirst() {
            guard grant(connection, to: waiter.answer) else { continue }
            tally.waited(since: waiter.since, now: loop.now)
            return
        }
        if takes { idle.append(Idle(connection: connection, since: loop.now)) } else { connection.close() }
    }

    private func openIfNeeded() {
        guard takes, openAgainAt == nil else { return }
        while opening.count < waiting.count,
            leased.count + idle.count + opening.count < max(configuration.leasedConnectionsMax, 1)
        {
            let connection = loop.connect(configuration, role: .leased, owner: self)
            opening.append(connection)
            connection.start()
            if openAgainAt != nil { return }
        }
    }

    // MARK: What connections say

    func connectionIsReady(_ connection: Connection) {
        opening.removeAll { $0 === connection }
        downSince = nil
        backoff.reset()
        offer(connection)
    }

    func connectionHasRoom(_ connection: Connection) {}

    func connectionEnded(_ connection: Connection) {
        if let index = opening.firstIndex(where: { $0 === connection }) {
            opening.remove(at: index)
            downSince = downSince ?? loop.now
            openAgainAt = loop.now.advanced(by: backoff.next())
        }
        idle.removeAll { $0.connection === connection }
        if let lease = leased.first(where: { $0.value === connection })?.key { leased[lease] = nil }
    }

    func resubmit(_ request: Request) {
        request.fail(.connectionLost)
    }

    // MARK: Time

    func tick() {
        for connection in opening { connection.checkDeadline() }
        for connection in leased.values { connection.checkDeadline() }
        if let openAgainAt, openAgainAt <= loop.now {
            self.openAgainAt = nil
            openIfNeeded()
        }
        while let first = waiting.first, waitEnds(first) <= loop.now, let expired = waiting.popFirst() {
            if !expired.answer.isGiven { refuse(expired.answer, downSince == nil ? .timeout : .unavailable) }
        }
        while let oldest = idle.first, oldest.since.advanced(by: configuration.leasedIdleMax) <= loop.now {
            idle.removeFirst()
            oldest.connection.close()
        }
    }

    private func waitEnds(_ waiter: Waiter) -> Deadline {
        waiter.since.advanced(by: downSince == nil ? configuration.leaseWait : configuration.unavailableWait)
    }

    var nextDeadline: Deadline? {
        var next = earlier(openAgainAt, waiting.first.map { waitEnds($0) })
        next = earlier(next, idle.first?.since.advanced(by: configuration.leasedIdleMax))
        for connection in opening { next = earlier(next, connection.deadline) }
        for connection in leased.values { next = earlier(next, connection.deadline) }
        return next
    }

    // MARK: End

    var isQuiet: Bool { leased.isEmpty && waiting.isEmpty }

    /// Transactions that run may finish.
    func stopTaking() {
        takes = false
        for waiter in waiting.removeAll() {
            waiter.answer.give(.failure(PostgresFailure(.closed, isSafeToRetry: true)))
        }
    }

    func close() {
        let connections = opening + idle.map(\.connection) + leased.values
        opening.removeAll()
        idle.removeAll()
        leased.removeAll()
        for connection in connections { connection.close() }
    }

    func fill(_ statistics: inout PostgresStatistics) {
        statistics.leasesInUse = leased.count
        statistics.leasesWaiting = waiting.count
    }
}
