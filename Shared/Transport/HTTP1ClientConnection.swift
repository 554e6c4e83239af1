internal import HTTP
internal import NIOCore
internal import NIOHTTP1
internal import Primitives

/// One HTTP/1.1 connection to an upstream: one exchange at a time, kept for the next one where the last has left no
/// doubt where it ended. On the loop only.
final class HTTP1ClientConnection: ChannelDuplexHandler, TurnFlushing {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    /// Body bytes that wait for their reader before reading stops.
    private static let bodyBytesHeldMax = 64 * 1024

    let executor: LoopExecutor
    let configuration: ClientPoolConfiguration
    // The instance forgets the connection when it closes, which ends the cycle.
    let shard: ClientPoolShard
    let instance: UpstreamInstance
    var context: ChannelHandlerContext?
    var output = ByteBuffer()
    var isFlushPending = false
    private var isReadHeld = false
    private(set) var isReady = false
    private(set) var isClosed = false
    private(set) var endsInOrder = false
    private var isLost = false
    private var isBroken = false
    private var lastActive = Deadline.now.nanoseconds
    private lazy var deadlines = DeadlineTimer(executor.loop)

    // The exchange in progress.
    var current: ClientExchange?
    var framing = RequestFraming.none
    var requestEnded = true
    var drainWanted = false
    /// What the request asked to change to.
    var wanted: String?
    private var isHeadRequest = false
    private var hasHead = false
    private var keepsAlive = true
    private(set) var isTunnel = false

    enum RequestFraming: Equatable {
        case none
        case length(left: Int)
        case chunked
    }

    init(
        _ executor: LoopExecutor, _ configuration: ClientPoolConfiguration, shard: ClientPoolShard,
        instance: UpstreamInstance
    ) {
        self.executor = executor
        self.configuration = configuration
        self.shard = shard
        self.instance = instance
    }

    /// What stands in the channel's pipeline, this connection at its end.
    var handlers: [any ChannelHandler] {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = configuration.http2.headerBytesMax
        limits.maxHeaderListSize = configuration.http2.headerBytesMax
        limits.maxHeaderFieldCount = configuration.http2.headerFieldsMax
        let decoder = HTTPResponseDecoder(
            leftOverBytesStrategy: .forwardBytes, informationalResponseStrategy: .drop, limitConfiguration: limits)
        return [RequestBytes(), ByteToMessageHandler(decoder), self]
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActive = Deadline.now.nanoseconds
        guard !isClosed, let current else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): received(head, current)
        case .body(let bytes): current.received(body: bytes)
        case .end(let trailers):
            guard hasHead else { return }
            if isTunnel { return beginTunnel() }
            if let trailers { current.received(trailers: HeaderFields(trailers)) }
            current.receivedEnd()
            complete(current)
        }
    }

    private func received(_ head: HTTPResponseHead, _ exchange: ClientExchange) {
        let parsed = HTTP1AnswerPolicy.Head(
            status: Int(head.status.code), minorVersion: head.version.minor, fields: HeaderFields(head.headers))
        do throws(HTTP1AnswerPolicy.Refusal) {
            let accepted = try HTTP1AnswerPolicy.judge(parsed, wanted: wanted, isHead: isHeadRequest)
            hasHead = true
            keepsAlive = keepsAlive && accepted.keepsAlive
            if parsed.status == 101 {
                isTunnel = true
                shard.unlinked(instance)
                shard.roomMayBe()
            }
            exchange.received(response: ResponseHead(status: parsed.status, fields: parsed.fields), ended: false)
        } catch {
            breakOff("http1-" + error.rawValue)
        }
    }

    /// The answer is whole.
    private func complete(_ exchange: ClientExchange) {
        // What is left of the request would be taken for the next one.
        let isReusable = keepsAlive && requestEnded && !endsInOrder
        current = nil
        if !isReusable { endsInOrder = true }
        exchange.closed(.noError)
        if isReusable { shard.roomMayBe() } else { close() }
    }

    /// The upstream has broken the rules: nothing that it says can be told from an answer any more.
    private func breakOff(_ reason: String) {
        configuration.observer(.limited(reason: "upstream-" + reason))
        isBroken = true
        endCurrent()
        close()
    }

    private func endCurrent() {
        guard let exchange = current else { return }
        current = nil
        // It is counted with the exchange. A probe may meet the upstream's end of a connection that nothing used.
        endsInOrder = isBroken || exchange.isProbe
        exchange.closed(.protocolError)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Its end, in the middle of an answer.
        if error as? HTTPParserError == .invalidEOFState || !(error is HTTPParserError) && current == nil {
            return context.close(promise: nil)
        }
        if error is HTTPParserError || error is NIOHTTPDecoderError { return breakOff("http1-malformed") }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        isClosed = true
        isLost = true
        deadlines.cancel()
        // The upstream ends connections that it has no use for.
        if current == nil { endsInOrder = true }
        if isTunnel, requestEnded { current?.receivedEnd() }
        endCurrent()
        shard.closed(self)
        context.fireChannelInactive()
    }

    /// Holds the socket's next read back while the reader has not taken what came.
    func read(context: ChannelHandlerContext) {
        if let current, current.inbox.bufferedBytes >= Self.bodyBytesHeldMax {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    private func resumeReading() {
        guard isReadHeld, let context else { return }
        isReadHeld = false
        read(context: context)
    }
}

extension HTTP1ClientConnection: ClientConnection {
    var isLate: Bool { false }
    var takesCalls: Bool { isReady && !isClosed && !endsInOrder && !isTunnel }
    var room: Int { takesCalls && current == nil ? 1 : 0 }

    func begin() {
        isReady = true
        shard.ready(instance)
    }

    func open(_ head: RequestHead, body: ByteBuffer?, ends: Bool, deadline: Deadline) -> ClientExchange? {
        guard room > 0, let context else { return nil }
        // What goes through a tunnel follows the answer.
        let isGiven = ends || head.connectProtocol != nil
        let exchange = ClientExchange(self, executor: executor, deadline: deadline, isGiven: isGiven)
        current = exchange
        (hasHead, keepsAlive) = (false, true)
        isHeadRequest = head.method == .head
        wanted = head.connectProtocol
        // The parser must know what is answered.
        let method = HTTPMethod(rawValue: wanted == nil ? head.method.text : "GET")
        context.write(wrapOutboundOut(.head(HTTPRequestHead(version: .http1_1, method: method, uri: ""))), promise: nil)
        write(head, body: body, ends: ends)
        shard.machine.started(instance.slot)
        arm(deadline)
        return exchange
    }

    func retire() {
        guard !endsInOrder else { return }
        endsInOrder = true
        shard.unlinked(instance)
        if current == nil { close() }
    }

    func close() {
        isClosed = true
        context?.close(promise: nil)
        shard.unlinked(instance)
    }

    func sweep(now: UInt64) {
        let silent = now &- min(now, lastActive)
        if current == nil, !isClosed, silent >= configuration.idleTimeout.nanosecondsClamped { retire() }
    }

    func consume(_ bytes: Int, _ exchange: ClientExchange) { resumeReading() }

    func reset(_ code: HTTP2ErrorCode, _ exchange: ClientExchange) {
        guard exchange === current else { return }
        // What a tunnel was given last may be its farewell.
        if isTunnel { flushTurn() }
        current = nil
        endsInOrder = true
        close()
    }

    func outboundBytes(_ exchange: ClientExchange) -> Int { exchange === current ? output.readableBytes : 0 }

    func notifyWhenDrained(_ exchange: ClientExchange) { drainWanted = true }

    func ended(_ outcome: UpstreamMachine.Outcome) { shard.ended(instance, outcome) }

    func failure(for code: HTTP2ErrorCode) -> ClientFailure {
        if isBroken { return ClientFailure(.malformed) }
        return ClientFailure(isLost ? .connectionLost : .reset(code))
    }

    func arm(_ deadline: Deadline) { deadlines.arm(deadline, for: self) }
}

extension HTTP1ClientConnection: DeadlineWatching {
    func expire() {
        guard let current else { return }
        if current.deadline.hasPassed {
            current.fail(ClientFailure(.deadlineExceeded))
        } else {
            arm(current.deadline)
        }
    }
}

extension HTTP1ClientConnection: TunnelEnd {
    private func beginTunnel() {
        guard let context else { return }
        let operations = context.channel.pipeline.syncOperations
        do {
            try operations.addHandler(TunnelInlet(self), position: .before(self))
            let parser = try operations.context(handlerType: ByteToMessageHandler<HTTPResponseDecoder>.self)
            operations.removeHandler(context: parser, promise: nil)
            try context.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        } catch {
            breakOff("http1-upgrade")
        }
    }

    func tunnelReceived(_ bytes: ByteBuffer) { current?.received(body: bytes) }

    func tunnelInputEnded() {
        current?.receivedEnd()
        endTunnelIfOver()
    }

    /// Both halves have ended.
    func endTunnelIfOver() {
        guard requestEnded, output.readableBytes == 0, let exchange = current, exchange.inbox.isEnded else { return }
        current = nil
        endsInOrder = true
        exchange.closed(.noError)
        close()
    }
}

/// Below the parser: what it has seen of a request leaves as bytes.
private final class RequestBytes: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = ByteBuffer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .body(.byteBuffer(let bytes)) = unwrapOutboundIn(data) else {
            promise?.succeed()
            return
        }
        context.write(wrapOutboundOut(bytes), promise: promise)
    }
}
