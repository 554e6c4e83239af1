internal import CPostgres
internal import Primitives

/// One libpq connection in pipeline mode, confined to the driver's thread.
///
///     start ──▶ connecting ──▶ ready ⇄ script ──▶ ended
///                   └──────────────────────────────┘
///
/// Statements are sent at once and answered in order; each is followed by its own Sync. A script (several statements in
/// one text) needs the pipeline to be empty and leaves pipeline mode while it runs.
@safe final class Connection {
    enum Phase {
        case idle
        case connecting
        case ready
        case script
        case ended
    }

    let key: UInt64
    let configuration: PostgresConfiguration
    let role: PostgresObservation.Role
    unowned let owner: any ConnectionOwner
    unowned let loop: DriverLoop

    var phase = Phase.idle
    var handle: OpaquePointer?
    var socket: Int32 = -1
    var interest: Poller.Interest = []
    var startedAt: Deadline
    /// Since when the oldest statement in flight is the one being answered.
    var progressAt: Deadline

    var inFlight = FIFO<RequestInFlight>()
    /// What waits for a script to end, or for the pipeline to be empty before a script.
    var backlog = FIFO<Request>()
    var prepared: [PreparedText.Key: [CChar]] = [:]
    var preparedCount = 0
    var scratch = ParameterScratch()

    init(
        key: UInt64, configuration: PostgresConfiguration, role: PostgresObservation.Role,
        owner: any ConnectionOwner, loop: DriverLoop
    ) {
        self.key = key
        self.configuration = configuration
        self.role = role
        self.owner = owner
        self.loop = loop
        startedAt = loop.now
        progressAt = loop.now
    }

    deinit {
        if let handle = unsafe handle { unsafe PQfinish(handle) }
    }

    var isReady: Bool { phase == .ready || phase == .script }
    var load: Int { inFlight.count + backlog.count }

    /// True where the server is outside a transaction and owes nothing.
    var isAtRest: Bool {
        guard let handle = unsafe handle, phase == .ready, load == 0 else { return false }
        return unsafe PQtransactionStatus(handle) == PQTRANS_IDLE
    }

    func socketIsReady() {
        switch phase {
        case .connecting: pollConnect()
        case .ready, .script: receive()
        case .idle, .ended: break
        }
    }

    // MARK: Deadlines

    /// When this connection counts as dead unless something comes.
    var deadline: Deadline? {
        switch phase {
        case .connecting: startedAt.advanced(by: configuration.connectTimeout)
        case .ready where !inFlight.isEmpty:
            progressAt.advanced(by: configuration.statementTimeout + configuration.answerGrace)
        case .idle, .ready, .script, .ended: nil
        }
    }

    func checkDeadline() {
        guard let deadline, deadline <= loop.now else { return }
        fail(phase == .connecting ? "the connect timeout passed" : "no answer within the statement timeout")
    }

    // MARK: End

    /// Takes the socket away from the poller before libpq closes it.
    func letGo() {
        if socket >= 0 { loop.poller.remove(socket) }
        socket = -1
        interest = []
    }

    /// Ends the connection because of a failure and tells the owner.
    func fail(_ privateDetail: String) {
        guard phase != .ended else { return }
        let wasReady = isReady
        let lost = end(privateDetail)
        if wasReady {
            owner.tally.counts.connectionsLost += 1
            owner.tally.observe(.connectionLost(role, statementsLost: lost, privateDetail: privateDetail))
        } else {
            owner.tally.counts.connectFailures += 1
            owner.tally.observe(.connectFailed(role, privateDetail: privateDetail))
        }
        owner.connectionEnded(self)
    }

    /// Ends the connection without telling anybody but those who wait for it.
    func close() {
        _ = end("closed")
    }

    private func end(_ privateDetail: String) -> Int {
        guard phase != .ended else { return 0 }
        phase = .ended
        letGo()
        if let handle = unsafe handle { unsafe PQfinish(handle) }
        unsafe handle = nil
        loop.forget(self)
        let lost = inFlight.removeAll()
        for flight in lost { flight.request.fail(.connectionLost, privateDetail: privateDetail) }
        for request in backlog.removeAll() {
            request.fail(.connectionLost, isSafeToRetry: true, privateDetail: privateDetail)
        }
        return lost.count
    }

    var errorMessage: String {
        guard let handle = unsafe handle, let message = unsafe PQerrorMessage(handle) else { return "" }
        return unsafe String(cString: message)
    }
}
