internal import HTTP
internal import NIOCore
internal import Primitives

/// One HTTP/2 connection of a client: bytes to the session, requests to tasks, one write for each turn of the loop.
final class HTTP2ServerConnection: ChannelInboundHandler, TurnFlushing {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes taken from the session at a time; the rest waits for the socket.
    private static let outputBytesPerWrite = 256 * 1024

    let session: HTTP2Session
    let server: ServerContext
    let info: ConnectionInfo
    var note: (any AnyObject & Sendable)?
    var context: ChannelHandlerContext?
    var output = ByteBuffer()
    private var isFlushPending = false
    var isClosing = false
    var clock: ConnectionClock
    var now: UInt64
    var draining: Draining?
    var lingeringSince: UInt64?
    var writtenBytes: UInt64 = 0
    /// Of what the socket is to take.
    var socketClock = SendClock()
    /// Of what waits for the connection's window.
    var windowClock = SendClock()
    /// Requests of the last read that wait for their turn.
    private var waiting: [ServerExchange] = []
    private var begunThisRead = 0
    /// Writers that wait until the connection has room.
    private var roomWaiters: [ServerExchange] = []
    private var isPenalised = false
    /// Whether the client has spoken HTTP/2.
    var isGreeted = false

    enum Draining {
        case noticeSent(at: UInt64)
        case finalSent
    }

    init(_ server: ServerContext, info: ConnectionInfo) {
        self.server = server
        self.info = info
        let limits = server.configuration.limits
        var http2 = limits.http2
        http2.headerBytesMax = limits.headerBytesMax
        http2.headerFieldsMax = limits.headerFieldsMax
        session = HTTP2Session(role: .server, limits: http2)
        now = Deadline.now.nanoseconds
        clock = ConnectionClock(now: now, limits, idle: limits.idleHTTP2)
        session.delegate = self
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // In cleartext the client speaks first: if it turns out to speak HTTP/1.1, SETTINGS would garble the answer.
        if info.isSecure { needsFlush() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        now = Deadline.now.nanoseconds
        begunThisRead = 0
        let framesBefore = session.framesBegun
        let bytes = unwrapInboundIn(data)
        do throws(HTTP2Failure) {
            try bytes.feed(session, now: now)
            // One frame that trickles in, and is ignored, must not keep a connection for ever.
            if session.framesBegun != framesBefore { clock.lastActive = now }
            isGreeted = true
        } catch .notHTTP2 {
            refuseOtherProtocol(bytes)
            return
        } catch {}
        needsFlush()
        server.executor.runJobs()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { needsFlush() }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosing = true
        session.connectionLost(.cancel)
        self.context = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func needsFlush() {
        guard !isFlushPending else { return }
        isFlushPending = true
        server.executor.flushAtTurnEnd(self)
    }

    /// One write per turn; when the socket is full, the session keeps the rest.
    func flushTurn() {
        isFlushPending = false
        guard let context, !isClosing, context.channel.isWritable else { return }
        output.clear()
        do throws(HTTP2Failure) {
            try session.fillOutput(&output, bytesMax: Self.outputBytesPerWrite, now: now)
        } catch {}
        let isFull = output.readableBytes >= Self.outputBytesPerWrite
        if output.readableBytes > 0 {
            writtenBytes += UInt64(output.readableBytes)
            context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        }
        wakeOneWriter()
        if isFull {
            needsFlush()
        } else if isPenalised {
            return
        } else if session.isFinished || (session.isTerminated && !session.wantsWrite) {
            closeOutput(context)
        }
    }

    /// Ends our half and lets the client end its own: closing with unread input would reset the connection, and
    /// lose what is on its way.
    private func closeOutput(_ context: ChannelHandlerContext) {
        isClosing = true
        lingeringSince = now
        session.connectionLost(.cancel)
        context.close(mode: .output, promise: nil)
    }

    /// HTTP/1.1 on a port that speaks HTTP/2 by prior knowledge, or garbage.
    private func refuseOtherProtocol(_ bytes: ByteBuffer) {
        limited("not-http2")
        guard let context else { return }
        var answer = ByteBuffer()
        if bytes.looksLikeHTTP1 { answer.writePlainAnswer(400, "This port speaks HTTP/2 by prior knowledge (h2c).\n") }
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        closeOutput(context)
    }
}

extension HTTP2ServerConnection: HTTP2SessionDelegate {
    func accept(_ stream: HTTP2Stream, head: consuming RequestHead, ended: Bool) {
        do throws(HTTP2Policy.Refusal) {
            try HTTP2Policy.judge(head, isSecure: info.isSecure)
        } catch {
            let refused = RefusedHead(
                status: error.status, reason: error.rawValue, label: "http2-" + error.rawValue,
                method: head.method.text, startedAt: session.headStartedAt)
            let (head, body) = refusal(refused)
            session.refuse(stream, head, body)
            return
        }
        let exchange = ServerExchange(
            head: head, connection: info, executor: server.executor, wire: self, stream: stream, ended: ended, now: now)
        stream.receiver = exchange
        server.observer(.requestStarted)
        begin(exchange)
    }

    /// Starts a request's task; those beyond a read's share wait for the loop's next turn, so that one connection's
    /// burst does not keep the others waiting.
    private func begin(_ exchange: ServerExchange) {
        guard begunThisRead >= server.configuration.limits.http2.streamsPerReadMax || !waiting.isEmpty else {
            begunThisRead += 1
            return exchange.run(server)
        }
        waiting.append(exchange)
        if waiting.count == 1 {
            limited("http2-streams-per-read")
            server.executor.loop.assumeIsolated().execute { self.beginWaiting() }
        }
    }

    private func beginWaiting() {
        let share = waiting.prefix(server.configuration.limits.http2.streamsPerReadMax)
        waiting.removeFirst(share.count)
        for exchange in share {
            // What was reset before its turn costs nothing more.
            if exchange.isBroken { server.observer(.requestEnded) } else { exchange.run(server) }
        }
        if !waiting.isEmpty { server.executor.loop.assumeIsolated().execute { self.beginWaiting() } }
    }

    func goAwayReceived(lastStreamID: Int32, code: HTTP2ErrorCode) {}
    func settingsReceived() {}
    func streamClosed() {}

    func pingAcknowledged() {
        if case .noticeSent = draining { sendFinalGoAway() }
    }

    func limitActed(_ reason: String) { limited(reason) }

    func limited(_ reason: String, requestID: String? = nil) {
        server.observer(.limited(reason: reason), from: info.peer, requestID: requestID)
    }

    func budgetSpent() {
        let penalty = server.configuration.limits.http2.penalty.nanosecondsClamped
        guard penalty > 0 else { return session.terminate(.enhanceYourCalm) }
        isPenalised = true
        server.executor.loop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(clamping: penalty))) {
            self.isPenalised = false
            self.session.terminate(.enhanceYourCalm)
            self.needsFlush()
        }
    }

    func refusal(_ refused: RefusedHead) -> (head: ResponseHead, body: [UInt8]) {
        let answer = server.configuration.refusal(Refusal(refused, on: info, now: now))
        limited(refused.label, requestID: answer.requestID)
        return (answer.head, answer.body)
    }
}

extension HTTP2ServerConnection: ServerWire {
    func informational(_ status: Int, _ exchange: ServerExchange) {
        guard let stream = exchange.stream else { return }
        session.respond(informational: status, stream)
        needsFlush()
    }

    func respond(
        _ head: ResponseHead, contentLength: Int?, body: ByteBuffer?, ends: Bool, _ exchange: ServerExchange
    ) {
        guard let stream = exchange.stream else { return }
        session.respond(stream, head, contentLength: contentLength, body: body, ends: ends)
        needsFlush()
    }

    func beginTunnel(_ fields: HeaderFields, _ exchange: ServerExchange) {
        guard let stream = exchange.stream else { return }
        stream.isTunnel = true
        session.respond(stream, ResponseHead(status: 200, fields: fields), body: nil, ends: false)
        needsFlush()
    }

    func write(_ bytes: ByteBuffer, _ exchange: ServerExchange) {
        guard let stream = exchange.stream else { return }
        session.write(stream, bytes)
        needsFlush()
    }

    func finish(trailers: HeaderFields?, _ exchange: ServerExchange) {
        guard let stream = exchange.stream else { return }
        session.finish(stream, trailers: trailers)
        needsFlush()
    }

    func reset(_ code: HTTP2ErrorCode, _ exchange: ServerExchange) {
        guard let stream = exchange.stream else { return }
        session.reset(stream, code)
        needsFlush()
    }

    func consume(_ bytes: Int, _ exchange: ServerExchange) {
        guard let stream = exchange.stream else { return }
        session.consume(stream, bytes)
        needsFlush()
    }

    func outboundBytes(_ exchange: ServerExchange) -> Int { exchange.stream?.outboundBytes ?? 0 }

    /// What NIO's channels queue before they are not writable, unless they are told otherwise.
    private static let highWaterBytes = 64 * 1024

    var hasRoom: Bool {
        let room = server.configuration.limits.http2.bufferedBytesMax - session.outboundBytes
        // A channel that is writable has less than that, and its exact number costs each answer more than this.
        if room > Self.highWaterBytes, context?.channel.isWritable ?? true { return true }
        return context?.channel.bufferedBytes ?? 0 < room
    }

    func notifyWhenRoom(_ exchange: ServerExchange) {
        if roomWaiters.isEmpty { limited("http2-send-buffer") }
        roomWaiters.append(exchange)
    }

    /// One at a time: each may fill what became free.
    private func wakeOneWriter() {
        guard !roomWaiters.isEmpty, hasRoom else { return }
        roomWaiters.removeFirst().outboundDrained()
        // Where it does not write after all, the next one has its turn.
        needsFlush()
    }

    func notifyWhenDrained(_ exchange: ServerExchange) { exchange.stream?.notifyWhenDrained() }

    func handlerReturned(_ exchange: ServerExchange) { server.observer(.requestEnded) }
}
