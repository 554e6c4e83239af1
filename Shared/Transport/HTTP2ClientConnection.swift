internal import HTTP
internal import NIOCore
internal import Primitives
internal import TLS

/// One HTTP/2 connection to an upstream. On the loop only.
final class HTTP2ClientConnection: ChannelInboundHandler, ClientConnection, TurnFlushing {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let outputBytesPerWrite = 256 * 1024

    private let session: HTTP2Session
    private let executor: LoopExecutor
    private let configuration: ClientPoolConfiguration
    // The instance forgets the connection when it closes, which ends the cycle.
    private let shard: ClientPoolShard
    let instance: UpstreamInstance
    private var context: ChannelHandlerContext?
    private var output = ByteBuffer()
    private var isFlushPending = false
    private(set) var isClosed = false
    /// The upstream's SETTINGS have come: what it allows is known, and no stream is refused for guessing.
    private(set) var isReady = false
    /// The SETTINGS have not come in time.
    private(set) var isLate = false
    /// Its end was announced by one side, for no fault.
    private(set) var endsInOrder = false
    /// It has carried a good answer.
    private var hasServed = false
    private var lost = false
    private var now = Deadline.now.nanoseconds
    private var lastActive = Deadline.now.nanoseconds
    private var pingSentAt: UInt64?
    private lazy var deadlines = DeadlineTimer(executor.loop)

    init(
        _ executor: LoopExecutor, _ configuration: ClientPoolConfiguration, shard: ClientPoolShard,
        instance: UpstreamInstance
    ) {
        self.executor = executor
        self.configuration = configuration
        self.shard = shard
        self.instance = instance
        session = HTTP2Session(role: .client, limits: configuration.http2)
        session.delegate = self
    }

    var openStreams: Int { session.streams.count }

    /// Whether calls go here, be there room or not.
    var takesCalls: Bool { isReady && !isClosed && !session.isGoingAway && !session.isTerminated }

    /// How many more streams fit.
    var room: Int {
        guard takesCalls else { return 0 }
        return min(session.peerConcurrentStreamsMax, configuration.streamsPerConnectionMax) - openStreams
    }

    /// Opens a stream; nil when it turns out that there is no room.
    func open(_ head: RequestHead, body: ByteBuffer?, ends: Bool, deadline: Deadline) -> ClientExchange? {
        guard hasRoom else { return nil }
        // What goes through a tunnel follows the answer.
        let isGiven = ends || head.connectProtocol != nil
        let exchange = ClientExchange(self, executor: executor, deadline: deadline, isGiven: isGiven)
        if head.connectProtocol != nil, !session.peerTakesConnectProtocol {
            shard.machine.started(instance.slot)
            exchange.fail(ClientFailure(.tunnelUnknown, provablyDidNoWork: true))
            return exchange
        }
        guard let stream = session.request(addressed(head), body: body, ends: ends, receiver: exchange) else {
            return nil
        }
        exchange.stream = stream
        stream.isTunnel = head.connectProtocol != nil
        shard.machine.started(instance.slot)
        arm(deadline)
        needsFlush()
        return exchange
    }

    func write(_ bytes: ByteBuffer, _ exchange: ClientExchange) {
        guard let stream = exchange.stream else { return }
        session.write(stream, bytes)
        needsFlush()
    }

    func finish(_ trailers: HeaderFields?, _ exchange: ClientExchange) {
        guard let stream = exchange.stream else { return }
        session.finish(stream, trailers: trailers)
        needsFlush()
    }

    func consume(_ bytes: Int, _ exchange: ClientExchange) {
        guard let stream = exchange.stream else { return }
        session.consume(stream, bytes)
        needsFlush()
    }

    func outboundBytes(_ exchange: ClientExchange) -> Int { exchange.stream?.outboundBytes ?? 0 }

    func notifyWhenDrained(_ exchange: ClientExchange) { exchange.stream?.notifyWhenDrained() }

    func reset(_ code: HTTP2ErrorCode, _ exchange: ClientExchange) {
        guard let stream = exchange.stream else { return }
        session.reset(stream, code)
        needsFlush()
    }

    /// One call is over.
    func ended(_ outcome: UpstreamMachine.Outcome) {
        if outcome == .good { hasServed = true }
        shard.ended(instance, outcome)
    }

    /// What the end of a stream means to its caller.
    func failure(for code: HTTP2ErrorCode) -> ClientFailure {
        if lost { return ClientFailure(.connectionLost) }
        switch code {
        case .refusedStream:
            return ClientFailure(session.isGoingAway ? .goAway : .refusedStream, provablyDidNoWork: true)
        case .noError, .protocolError: return ClientFailure(.malformed)
        default: return ClientFailure(.reset(code))
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        needsFlush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        now = Deadline.now.nanoseconds
        lastActive = now
        do throws(HTTP2Failure) { try unwrapInboundIn(data).feed(session, now: now) } catch { close() }
        needsFlush()
        executor.runJobs()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { needsFlush() }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        isClosed = true
        lost = true
        deadlines.cancel()
        session.connectionLost(.cancel)
        shard.closed(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let failure = error as? TLSFailure { configuration.observer(.tlsFailed(reason: "\(failure.reason)")) }
        context.close(promise: nil)
    }

    private func needsFlush() {
        guard !isFlushPending else { return }
        isFlushPending = true
        executor.flushAtTurnEnd(self)
    }

    func flushTurn() {
        isFlushPending = false
        guard let context, context.channel.isWritable else { return }
        output.clear()
        do throws(HTTP2Failure) {
            try session.fillOutput(&output, bytesMax: Self.outputBytesPerWrite, now: now)
        } catch {}
        let isFull = output.readableBytes >= Self.outputBytesPerWrite
        if output.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(output), promise: nil) }
        if isFull {
            needsFlush()
        } else if session.isFinished || (session.isTerminated && !session.wantsWrite) {
            close()
        }
    }

    func close() {
        isClosed = true
        context?.close(promise: nil)
        shard.unlinked(instance)
    }

    /// No new stream; closes when those that are open have ended.
    func retire() {
        guard !endsInOrder else { return }
        endsInOrder = true
        session.submitGoAway(.noError)
        shard.unlinked(instance)
        needsFlush()
    }

    /// Gives the connection up where the upstream's SETTINGS do not come: what listens there is stopped, or no HTTP/2.
    func begin() {
        let bound = NIOLoopBound(self, eventLoop: executor.loop)
        let delay = TimeAmount.nanoseconds(Int64(configuration.connectTimeout.nanosecondsClamped))
        executor.loop.scheduleTask(in: delay) {
            guard !bound.value.isReady, !bound.value.isClosed else { return }
            bound.value.isLate = true
            bound.value.close()
        }
    }

    /// Over TLS a server takes no other scheme.
    private func addressed(_ head: RequestHead) -> RequestHead {
        guard configuration.encryption != nil else { return head }
        var head = head
        head.scheme = "https"
        return head
    }
}

extension HTTP2ClientConnection: HTTP2SessionDelegate {
    func accept(_ stream: HTTP2Stream, head: consuming RequestHead, ended: Bool) {}
    func budgetSpent() { session.terminate(.enhanceYourCalm) }

    func limitActed(_ reason: String) { configuration.observer(.limited(reason: "upstream-" + reason)) }
    func pingAcknowledged() { pingSentAt = nil }
    func streamClosed() { shard.roomMayBe() }
    func settingsReceived() {
        guard !isReady else { return shard.roomMayBe() }
        isReady = true
        shard.ready(instance)
    }

    func goAwayReceived(lastStreamID: Int32, code: HTTP2ErrorCode) {
        // Who goes away before the first answer is of no use, however politely.
        if code == .noError, hasServed { endsInOrder = true }
        shard.unlinked(instance)
    }
}

extension HTTP2ClientConnection {
    func arm(_ deadline: Deadline) { deadlines.arm(deadline, for: self) }

    /// Idle or dead connections; called every second or so.
    func sweep(now: UInt64) {
        self.now = now
        guard !isClosed else { return }
        let silent = now &- min(now, lastActive)
        guard isReady else { return }
        if openStreams == 0 {
            if silent >= configuration.idleTimeout.nanosecondsClamped { retire() }
            return
        }
        guard let interval = configuration.pingInterval?.nanosecondsClamped else { return }
        if let sentAt = pingSentAt {
            if now &- sentAt >= configuration.pingTimeout.nanosecondsClamped {
                configuration.observer(.limited(reason: "upstream-silent"))
                close()
            }
        } else if silent >= interval {
            pingSentAt = now
            session.submitPing()
            needsFlush()
        }
    }
}

extension HTTP2ClientConnection: DeadlineWatching {
    func expire() {
        let now = Deadline.now
        var next = Deadline.end
        for stream in session.streams {
            guard let exchange = stream.receiver as? ClientExchange else { continue }
            if exchange.deadline <= now {
                exchange.fail(ClientFailure(.deadlineExceeded))
            } else {
                next = min(next, exchange.deadline)
            }
        }
        arm(next)
    }
}
