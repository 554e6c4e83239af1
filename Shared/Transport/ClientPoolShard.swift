internal import HTTP
internal import NIOCore
internal import NIOPosix
internal import Primitives

/// The connections to one upstream of one loop, and the calls that wait for room on them. On the loop only.
final class ClientPoolShard {
    private let executor: LoopExecutor
    private let configuration: ClientPoolConfiguration
    private var connections: [HTTP2ClientConnection] = []
    private var connecting = 0
    private var waiters: CircularBuffer<Waiter> = []
    private var timer: RepeatedTask?
    private(set) var isClosed = false

    /// A call without a stream yet: woken to look again, or told why not.
    private final class Waiter {
        let signal: LoopSignal
        var failure: ClientFailure?
        var isDone = false

        init(_ executor: LoopExecutor) { signal = LoopSignal(executor) }
    }

    init(_ executor: LoopExecutor, _ configuration: ClientPoolConfiguration) {
        self.executor = executor
        self.configuration = configuration
    }

    var connectionCount: Int { connections.count }

    /// Opens a stream now, or nil when there is no room.
    func openNow(_ head: RequestHead, body: ByteBuffer?, ends: Bool, deadline: Deadline) -> ClientExchange? {
        for connection in connections where connection.hasRoom {
            if let exchange = connection.open(head, body: body, ends: ends, deadline: deadline) { return exchange }
        }
        return nil
    }

    func open(
        _ head: RequestHead, body: ByteBuffer?, ends: Bool, deadline: Deadline
    ) async throws(ClientFailure) -> ClientExchange {
        while true {
            if isClosed { throw ClientFailure(.closed, provablyDidNoWork: true) }
            if waiters.isEmpty || connections.contains(where: \.hasRoom),
                let exchange = openNow(head, body: body, ends: ends, deadline: deadline)
            {
                return exchange
            }
            try await waitForRoom(deadline)
        }
    }

    private func waitForRoom(_ deadline: Deadline) async throws(ClientFailure) {
        guard !deadline.hasPassed else { throw ClientFailure(.deadlineExceeded, provablyDidNoWork: true) }
        guard waiters.count < configuration.waitersPerLoopMax else {
            throw ClientFailure(.poolExhausted, provablyDidNoWork: true)
        }
        connectIfUseful()
        let waiter = Waiter(executor)
        waiters.append(waiter)
        let bound = NIOLoopBound(waiter, eventLoop: executor.loop)
        let timer = executor.loop.scheduleTask(in: .nanoseconds(Int64(deadline.remaining.nanosecondsClamped))) {
            bound.value.failure = ClientFailure(.deadlineExceeded, provablyDidNoWork: true)
            bound.value.signal.fire()
        }
        await waiter.signal.wait()
        timer.cancel()
        waiter.isDone = true
        waiters.removeAll { $0 === waiter }
        if let failure = waiter.failure { throw failure }
        if Task.isCancelled { throw ClientFailure(.cancelled, provablyDidNoWork: true) }
    }

    private func connectIfUseful() {
        guard connecting == 0, !isClosed, connections.allSatisfy({ $0.isReady || $0.isClosed }),
            connections.count(where: { !$0.isClosed }) < configuration.connectionsPerLoopMax
        else { return }
        connecting += 1
        let bound = NIOLoopBound(self, eventLoop: executor.loop)
        let timeout = TimeAmount.nanoseconds(Int64(configuration.connectTimeout.nanosecondsClamped))
        ClientBootstrap(group: executor.loop)
            .connectTimeout(timeout)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: 1)
            .connect(host: configuration.host, port: configuration.port)
            .whenComplete { bound.value.connected($0) }
    }

    private func connected(_ result: Result<any Channel, any Error>) {
        connecting -= 1
        switch result {
        case .success(let channel):
            let connection = HTTP2ClientConnection(executor, configuration, shard: self)
            guard (try? channel.pipeline.syncOperations.addHandler(connection)) != nil else {
                return failWaiters(ClientFailure(.connectFailed, provablyDidNoWork: true))
            }
            connections.append(connection)
            configuration.observer(.upstreamConnected)
            startSweeping()
            if isClosed { closeAll() }
            roomMayBe()
        case .failure(let error):
            configuration.observer(.upstreamConnectFailed)
            let isTimeout =
                (error as? ChannelError).map { if case .connectTimeout = $0 { true } else { false } } ?? false
            let isLate = (error as? NIOConnectionError)?.connectionErrors.contains { attempt in
                if case .connectTimeout? = attempt.error as? ChannelError { true } else { false }
            }
            let code: ClientFailure.Code = isTimeout || isLate == true ? .connectTimeout : .connectFailed
            failWaiters(ClientFailure(code, provablyDidNoWork: true))
        }
    }

    /// Wakes as many waiting calls as there is room for; they look for themselves.
    func roomMayBe() {
        guard !waiters.isEmpty else { return }
        var room = connections.reduce(0) { $0 + max(0, $1.room) }
        for waiter in waiters where room > 0 && !waiter.isDone {
            waiter.isDone = true
            waiter.signal.fire()
            room -= 1
        }
        if waiters.contains(where: { !$0.isDone }) { connectIfUseful() }
    }

    func closed(_ connection: HTTP2ClientConnection) {
        connections.removeAll { $0 === connection }
        // Trying again at once would turn an upstream that hangs up on everybody into a loop.
        if !connection.isReady { failWaiters(ClientFailure(.connectFailed, provablyDidNoWork: true)) }
        if connections.isEmpty {
            timer?.cancel()
            timer = nil
        }
        roomMayBe()
    }

    /// No new call; open ones go on until `closeAll`.
    func close() {
        isClosed = true
        failWaiters(ClientFailure(.closed, provablyDidNoWork: true))
        for connection in connections { connection.retire() }
    }

    func closeAll() {
        for connection in connections { connection.close() }
    }

    private func failWaiters(_ failure: ClientFailure) {
        for waiter in waiters where !waiter.isDone {
            waiter.isDone = true
            waiter.failure = failure
            waiter.signal.fire()
        }
    }

    private func startSweeping() {
        guard timer == nil, !connections.isEmpty else { return }
        let bound = NIOLoopBound(self, eventLoop: executor.loop)
        timer = executor.loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            let now = Deadline.now.nanoseconds
            for connection in bound.value.connections { connection.sweep(now: now) }
        }
    }
}
