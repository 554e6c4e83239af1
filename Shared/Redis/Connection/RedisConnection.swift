internal import NIOCore
internal import NIOPosix
internal import Primitives
internal import TLS
internal import Transport

/// One pipelined connection to Redis, which makes itself anew when it is lost.
///
/// `@unchecked Sendable`: every mutable member is touched on `loop` only; the entries either check that they are on it
/// or hop there.
final class RedisConnection: @unchecked Sendable {
    /// A sweep looks at every command that waits, so it runs no more often than this.
    private static let sweepPause = Duration.milliseconds(5)

    let loop: any EventLoop
    private let configuration: RedisConfiguration
    private var machine: PipelineMachine<PendingReply>
    private var channel: (any Channel)?
    private var reader: ReplyReader?
    private var outgoing = ByteBuffer()
    private var isFlushScheduled = false
    /// What went wrong on the present channel, for whoever is told of its end.
    private var trouble: String?
    private var sweepTimer: (at: Deadline, task: Scheduled<Void>)?

    init(configuration: RedisConfiguration, loop: any EventLoop) {
        self.configuration = configuration
        self.loop = loop
        machine = PipelineMachine(
            inFlightMax: configuration.inFlightMax, inFlightBytesMax: configuration.inFlightBytesMax,
            stallTimeout: configuration.stallTimeout)
    }

    /// Sends one command and waits for its reply; the caller resumes on its own executor.
    func exchange(_ arguments: RedisArguments, deadline: Deadline) async throws(RedisFailure) -> RedisReply {
        let pending = PendingReply(arguments, deadline: deadline)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard pending.attach(continuation) else { return }
                if loop.inEventLoop {
                    submit(pending)
                } else {
                    loop.execute { self.submit(pending) }
                }
            }
        } onCancel: {
            pending.fail(.cancelled)
        }
        switch try outcome.get() {
        case .error(let failure): throw failure
        case let reply: return reply
        }
    }

    /// Fails what waits and closes the socket, for good.
    func close() async {
        let closed = loop.makePromise(of: Void.self)
        loop.execute {
            for pending in self.machine.close() { pending.fail(.unavailable) }
            self.sweepTimer?.task.cancel()
            self.sweepTimer = nil
            guard let channel = self.channel else { return closed.succeed() }
            channel.close(promise: nil)
            closed.completeWith(channel.closeFuture)
        }
        // The promise above cannot fail: a channel's close future only succeeds.
        try? await closed.futureResult.get()
    }

    // MARK: Sending

    private func submit(_ pending: PendingReply) {
        loop.preconditionInEventLoop()
        switch machine.submit(pending) {
        case .refuse(let kind): return pending.fail(kind)
        case .send: transmit(pending)
        case .hold: break
        case .connect: connect()
        }
        sweepNoLater(than: min(pending.deadline, .after(configuration.stallTimeout)))
    }

    private func transmit(_ pending: PendingReply) {
        guard pending.beginSending() else { return }
        machine.sent(pending, now: .now)
        outgoing.writeImmutableBuffer(pending.encoded)
        scheduleFlush()
    }

    /// One write for all that is sent in this turn of the loop: the flush queues up behind the jobs that are waiting.
    private func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.execute { self.flush() }
    }

    private func flush() {
        isFlushScheduled = false
        guard let channel, outgoing.readableBytes > 0 else { return }
        let bytes = outgoing
        // The buffer now belongs to the write; clearing ours would copy it.
        outgoing = ByteBuffer()
        channel.writeAndFlush(bytes, promise: nil)
    }

    // MARK: Time

    private func sweepNoLater(than deadline: Deadline) {
        if let sweepTimer {
            guard deadline < sweepTimer.at else { return }
            sweepTimer.task.cancel()
        }
        let at = max(deadline, Deadline.after(Self.sweepPause))
        let wait = TimeAmount.nanoseconds(at.remaining.wholeNanoseconds)
        sweepTimer = (at, loop.scheduleTask(in: wait) { self.sweep() })
    }

    private func sweep() {
        sweepTimer = nil
        let sweep = machine.sweep(now: .now)
        for pending in sweep.expired { pending.fail(.timeout) }
        if sweep.isStalled {
            trouble = "it was silent for too long"
            channel?.close(promise: nil)
        }
        if let next = sweep.next { sweepNoLater(than: next) }
    }

    // MARK: Connecting

    private func connect() {
        let connectTimeout = TimeAmount.nanoseconds(configuration.connectTimeout.wholeNanoseconds)
        let deadline = NIODeadline.now() + connectTimeout
        trouble = nil
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(connectTimeout)
            .channelOption(ChannelOptions.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls = self.configuration.tls {
                        let session = try TLSSession(context: tls, serverName: self.configuration.address.serverName)
                        try channel.pipeline.syncOperations.addHandler(TLSClientHandler(session))
                    }
                    try channel.pipeline.syncOperations.addHandler(RedisChannelHandler(connection: self))
                }
            }
        let connected =
            switch configuration.address {
            case .host(let host, let port):
                bootstrap.channelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: host, port: port)
            case .unixPath(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        connected.hop(to: loop).whenComplete { result in
            switch result {
            case .success(let channel): self.connected(channel, deadline: deadline)
            case .failure(let error):
                self.trouble = "\(error)"
                self.lost()
            }
        }
    }

    private func connected(_ channel: any Channel, deadline: NIODeadline) {
        let reader = ReplyReader(bytesMax: configuration.replyBytesMax, elementsMax: configuration.replyElementsMax)
        guard machine.phase == .connecting, channel.isActive, let reader else {
            channel.close(promise: nil)
            return lost()
        }
        self.channel = channel
        self.reader = reader
        let handshake = handshake()
        machine.connected(handshakeReplies: handshake.count, now: .now)
        for command in handshake { outgoing.writeImmutableBuffer(command.encoded()) }
        flush()
        loop.scheduleTask(deadline: deadline) {
            guard self.machine.phase == .handshaking, self.channel === channel else { return }
            self.trouble = self.trouble ?? "no answer within the connect timeout"
            channel.close(promise: nil)
        }
    }

    /// What a connection says first. The last one also tells a server that is up from one that still loads its data.
    private func handshake() -> [RedisArguments] {
        var commands: [RedisArguments] = []
        if let password = configuration.password {
            var authenticate = RedisArguments("AUTH")
            if let user = configuration.user { authenticate.append(user) }
            authenticate.append(password.exposedValue)
            commands.append(authenticate)
        }
        if configuration.database != 0 {
            var select = RedisArguments("SELECT")
            select.append(Int64(configuration.database))
            commands.append(select)
        }
        commands.append(RedisArguments("PING"))
        return commands
    }

    // MARK: What the channel tells

    func received(_ bytes: ByteBuffer, from channel: any Channel) {
        guard let reader, self.channel === channel else { return }
        do throws(RedisFailure) {
            var failure: RedisFailure?
            unsafe bytes.withUnsafeReadableBytes { bytes in
                do throws(RedisFailure) { unsafe try reader.feed(bytes) } catch { failure = error }
            }
            if let failure { throw failure }
            while let reply = try reader.next() { try received(reply) }
        } catch {
            // What waits cannot be matched with its reply any more.
            lost(error)
        }
    }

    private func received(_ reply: RedisReply) throws(RedisFailure) {
        var failure: RedisFailure?
        if case .error(let error) = reply { failure = error }
        switch machine.received(isError: failure != nil, now: .now) {
        case .reply(let pending): pending.finish(reply)
        case .unexpected: throw .protocolFault("a reply that nobody asked for")
        case .handshake: break
        case .refused: throw failure ?? RedisFailure(.unavailable)
        case .ready(let held):
            configuration.observe(.connected)
            for pending in held { submit(pending) }
        }
    }

    func failed(_ error: any Error, on channel: any Channel) {
        if self.channel == nil || self.channel === channel { trouble = trouble ?? "\(error)" }
    }

    func inactive(_ channel: any Channel) {
        if self.channel === channel { lost() }
    }

    /// The connection is gone, or must go: `failure` says why what came over it is of no use.
    private func lost(_ failure: RedisFailure = RedisFailure(.unavailable)) {
        let channel = self.channel
        self.channel = nil
        reader = nil
        outgoing.clear()
        let loss = machine.lost()
        let kind = failure.kind == .protocolFault ? failure.kind : .unavailable
        let reason = failure.message.isEmpty ? trouble ?? "" : failure.message
        for pending in loss.failed { pending.fail(kind, message: reason) }
        channel?.close(promise: nil)
        guard let attempt = loss.reconnectAttempt else { return }
        let told = reason.isEmpty ? "the server ended the connection" : reason
        guard attempt > 0 else {
            configuration.observe(.connectionLost(reason: told))
            return connect()
        }
        configuration.observe(.connectFailed(reason: told))
        let pause = TimeAmount.nanoseconds(Backoff(configuration.backoff).pause(attempt: attempt).wholeNanoseconds)
        loop.scheduleTask(in: pause) {
            if self.machine.resume() { self.connect() }
        }
    }
}
