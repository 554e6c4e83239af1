internal import Primitives

/// The shared connections of one database: statements that commit alone, each connection a pipeline.
///
/// A statement goes to the ready connection with the fewest in flight; where all are full or none is up it waits here,
/// unsent and so safe to retry.
final class SharedPool: ConnectionOwner {
    private struct Slot {
        var connection: Connection?
        var reconnectAt: Deadline?
    }

    private let configuration: PostgresConfiguration
    let tally: Tally
    private unowned let loop: DriverLoop
    private var slots: [Slot]
    private var backoff: Backoff
    private var waiting = FIFO<WaitingRequest>()
    /// Since when no connection has been up; nil while one is.
    private var downSince: Deadline?
    private var takes = true

    init(_ configuration: PostgresConfiguration, _ tally: Tally, loop: DriverLoop) {
        self.configuration = configuration
        self.tally = tally
        self.loop = loop
        slots = []
        backoff = Backoff(configuration)
        downSince = loop.now
        for _ in 0..<max(configuration.sharedConnections, 1) { slots.append(Slot(reconnectAt: loop.now)) }
    }

    func submit(_ request: Request) {
        guard takes else { return request.fail(.closed, isSafeToRetry: true) }
        if waiting.isEmpty, let connection = leastLoaded() { return send(request, over: connection) }
        if let downSince, downSince.advanced(by: configuration.unavailableWait) <= loop.now {
            return refuse(request, .unavailable)
        }
        guard waiting.count < configuration.waitingStatementsMax else { return refuse(request, .tooManyWaiters) }
        waiting.append(WaitingRequest(request: request, since: loop.now))
    }

    private func refuse(_ request: Request, _ kind: PostgresFailure.Kind) {
        tally.counts.refusals += 1
        request.fail(kind, isSafeToRetry: true)
    }

    private func send(_ request: Request, over connection: Connection) {
        guard !request.answer.isGiven else { return }
        tally.counts.statements += 1
        connection.send(request)
    }

    private func leastLoaded() -> Connection? {
        var best: Connection?
        for slot in slots {
            guard let connection = slot.connection, connection.isReady,
                connection.load < configuration.pipelineDepthMax
            else { continue }
            if let least = best, least.load <= connection.load { continue }
            best = connection
        }
        return best
    }

    private func pump() {
        while !waiting.isEmpty, let connection = leastLoaded(), let next = waiting.popFirst() {
            tally.waited(since: next.since, now: loop.now)
            next.request.meter?.addConnectionWait(from: next.since, to: loop.now)
            send(next.request, over: connection)
        }
    }

    func connectionIsReady(_ connection: Connection) {
        downSince = nil
        backoff.reset()
        pump()
    }

    func connectionHasRoom(_ connection: Connection) {
        pump()
    }

    func connectionEnded(_ connection: Connection) {
        guard let index = slots.firstIndex(where: { $0.connection === connection }) else { return }
        slots[index].connection = nil
        slots[index].reconnectAt = loop.now.advanced(by: backoff.next())
        if downSince == nil, !slots.contains(where: { $0.connection?.isReady == true }) { downSince = loop.now }
    }

    /// A statement that the connection had forgotten, and which so never ran.
    func resubmit(_ request: Request) {
        var request = request
        request.isSecondAttempt = true
        submit(request)
    }

    // MARK: Time

    func tick() {
        for index in slots.indices {
            slots[index].connection?.checkDeadline()
            guard takes, let at = slots[index].reconnectAt, at <= loop.now else { continue }
            slots[index].reconnectAt = nil
            slots[index].connection = loop.connect(configuration, role: .shared, owner: self)
            slots[index].connection?.start()
        }
        while let first = waiting.first, waitEnds(first) <= loop.now, let expired = waiting.popFirst() {
            refuse(expired.request, downSince == nil ? .timeout : .unavailable)
        }
    }

    /// While the database is away, everybody waits until the same moment, then fails at once.
    private func waitEnds(_ waiting: WaitingRequest) -> Deadline {
        downSince?.advanced(by: configuration.unavailableWait)
            ?? waiting.since.advanced(by: configuration.statementTimeout)
    }

    var nextDeadline: Deadline? {
        var next = waiting.first.map { waitEnds($0) }
        for slot in slots { next = earlier(next, earlier(slot.reconnectAt, slot.connection?.deadline)) }
        return next
    }

    // MARK: End

    var isQuiet: Bool { waiting.isEmpty && slots.allSatisfy { ($0.connection?.load ?? 0) == 0 } }

    func stopTaking() {
        takes = false
        for index in slots.indices { slots[index].reconnectAt = nil }
    }

    func close() {
        for request in waiting.removeAll() { request.request.fail(.closed, isSafeToRetry: true) }
        for slot in slots { slot.connection?.close() }
        slots.removeAll()
    }

    func fill(_ statistics: inout PostgresStatistics) {
        statistics.statementsWaiting = waiting.count
        statistics.statementsInFlight = slots.reduce(0) { $0 + ($1.connection?.load ?? 0) }
        statistics.sharedConnectionsUp = slots.count { $0.connection?.isReady == true }
    }
}
