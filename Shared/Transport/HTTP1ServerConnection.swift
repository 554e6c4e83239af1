internal import HTTP
internal import NIOCore
internal import NIOHTTP1
internal import Primitives

/// One HTTP/1.1 connection of a client: one exchange at a time, what is pipelined behind it waits.
final class HTTP1ServerConnection: ChannelDuplexHandler, TurnFlushing {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Body bytes that wait for the handler before reading stops.
    private static let bodyBytesHeldMax = 64 * 1024
    /// Bytes of answers that wait to be written, from which no further request is begun.
    private static let outputBytesHeldMax = 64 * 1024
    /// What of its framing each chunk has for free: a size, two line ends, a short extension.
    private static let chunkOverheadBytesForgiven = 16

    let server: ServerContext
    private let info: ConnectionInfo
    var note: (any AnyObject & Sendable)?
    var context: ChannelHandlerContext?
    var output = ByteBuffer()
    var isFlushPending = false
    var isReadHeld = false
    var pipelined = CircularBuffer<Pipelined>(initialCapacity: 0)
    var closing: Closing?
    var drainingSince: UInt64?
    var isDraining: Bool { drainingSince != nil }
    /// Bytes of chunk sizes, extensions and trailers of the current body, over what each chunk is forgiven.
    var chunkOverheadBytes = 0
    var isChunked = false
    var isBodyBroken = false
    /// Bytes of the last read, and those that have come since the parser last made something of any: what it has not is
    /// no more than these.
    private var readBytes = 0
    private var unparsedBytes = 0

    // The exchange that is being answered.
    var current: ServerExchange?
    var framing = ResponseFraming.none
    var keepsAlive = true
    var requestEnded = true
    var responseEnded = true
    /// The request has asked for another protocol: the parser reads no further, whatever comes of it.
    var isUpgrade = false

    // Limits on time.
    var clock: ConnectionClock
    var headSince: UInt64?
    /// Some of the next request has come.
    var headHasBegun = false
    /// One for all answers: a client that sends requests gets no new patience by that.
    var sending = SendClock()
    var writtenBytes: UInt64 = 0

    /// What came behind the request that is being answered.
    enum Pipelined {
        case part(HTTPServerRequestPart)
        /// From here on it was not HTTP.
        case malformed(status: Int, reason: String)
    }

    enum ResponseFraming: Equatable {
        case none
        case length(left: Int)
        case chunked
        case untilClose
        case tunnel
    }

    enum Closing {
        /// Flush what is there, end our half, then wait a little for the client to end its own.
        case whenFlushed(since: UInt64)
        case lingering(since: UInt64)
    }

    init(_ server: ServerContext, info: ConnectionInfo) {
        self.server = server
        self.info = info
        let now = Deadline.now.nanoseconds
        let limits = server.configuration.limits
        clock = ConnectionClock(now: now, limits, idle: limits.idleHTTP1)
        headSince = now
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func limited(_ reason: String, requestID: String? = nil) {
        server.observer(.limited(reason: reason), from: info.peer, requestID: requestID)
    }

    /// Bytes have come, before the parser made anything of them.
    ///
    /// - Returns: whether they are for the parser. Behind the last request of a connection nothing is: the parser would
    ///   keep it all, since it waits there for another protocol after `Upgrade`.
    func bytesArrived(_ count: Int) -> Bool {
        guard closing == nil, !isBodyBroken, keepsAlive || !requestEnded || isUpgrade else { return false }
        let now = Deadline.now.nanoseconds
        clock.lastActive = now
        if current == nil {
            headHasBegun = true
            if headSince == nil { headSince = now }
        }
        if isChunked { chunkOverheadBytes += count }
        readBytes = count
        unparsedBytes += count
        return true
    }

    /// What was made of the bytes that have come is known.
    func bytesParsed() {
        guard isChunked, current != nil, !requestEnded,
            chunkOverheadBytes > server.configuration.limits.chunkOverheadBytesMax
        else { return }
        breakBody("http1-chunk-overhead")
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What the parser has made of bytes behind a broken body is no request.
        guard closing == nil, !isBodyBroken else { return }
        unparsedBytes = readBytes
        let part = unwrapInboundIn(data)
        if current == nil ? !mayBegin : requestEnded {
            guard pipelined.count < server.configuration.limits.pipelinedPartsMax else {
                limited("http1-pipelined")
                return context.close(promise: nil)
            }
            pipelined.append(.part(part))
        } else {
            take(part)
        }
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): begin(head)
        case .body(let bytes):
            chunkOverheadBytes = max(0, chunkOverheadBytes - bytes.readableBytes - Self.chunkOverheadBytesForgiven)
            current?.inbox.append(bytes)
        case .end(let trailers):
            guard let trailers else { return endRequest(nil) }
            let fields = HeaderFields(trailers)
            do throws(HTTP1Policy.Refusal) {
                try HTTP1Policy.judge(fields: fields)
                endRequest(fields)
            } catch {
                breakBody(error.label)
            }
        }
    }

    private func endRequest(_ trailers: HeaderFields?) {
        requestEnded = true
        isChunked = false
        current?.trailersReceived = trailers
        current?.inbox.end()
        endIfComplete()
    }

    private func begin(_ head: HTTPRequestHead) {
        let startedAt = headSince
        headSince = nil
        headHasBegun = false
        let fields = HeaderFields(head.headers)
        let parsed = HTTP1Policy.Head(
            method: head.method.rawValue, target: head.uri, minorVersion: head.version.minor, fields: fields)
        let limits = server.configuration.limits
        do throws(HTTP1Policy.Refusal) {
            let accepted = try HTTP1Policy.judge(
                parsed, headerBytesMax: limits.headerBytesMax, headerFieldsMax: limits.headerFieldsMax)
            open(parsed, accepted)
        } catch {
            refuse(error.status, error.rawValue, method: parsed.method, startedAt: startedAt)
        }
    }

    private func open(_ head: HTTP1Policy.Head, _ accepted: HTTP1Policy.Accepted) {
        let upgrade = HTTP1Policy.upgrade(head)
        isUpgrade = upgrade != nil
        // A client that asks for another protocol may speak it next; the parser reads no further either.
        keepsAlive =
            accepted.keepsAlive && head.minorVersion == 1 && !isDraining && !head.fields.contains("upgrade")
        requestEnded = false
        isChunked = accepted.framing == .chunked
        chunkOverheadBytes = 0
        responseEnded = false
        framing = .none
        let request = RequestHead(
            method: RequestMethod(head.method), scheme: info.isSecure ? "https" : "http",
            authority: accepted.authority, path: accepted.path, fields: head.fields,
            connectProtocol: head.method == "GET" && accepted.framing == .none && head.minorVersion == 1 ? upgrade : nil
        )
        let info =
            head.minorVersion == 1 ? info : info.speaking(.http10)
        let exchange = ServerExchange(
            head: request, connection: info, executor: server.executor, wire: self, stream: nil,
            ended: accepted.framing == .none || accepted.framing == .length(0), now: Deadline.now.nanoseconds)
        current = exchange
        server.observer(.requestStarted)
        exchange.run(server)
    }

    /// Answers and closes: nothing after this can be trusted to be a request.
    func refuse(_ status: Int, _ reason: String, method: String? = nil, startedAt: UInt64? = nil) {
        guard closing == nil else { return }
        let refused = RefusedHead(
            status: status, reason: reason, label: "http1-" + reason, method: method, startedAt: startedAt ?? headSince)
        keepsAlive = false
        if current == nil || framing == .none && !responseEnded {
            var answer = server.configuration.refusal(Refusal(refused, on: info, now: Deadline.now.nanoseconds))
            answer.head.fields.append("connection", "close")
            output.writeHead(status: answer.head.status, answer.head.fields)
            output.writeBytes(answer.body)
            limited(refused.label, requestID: answer.requestID)
        } else {
            limited(refused.label)
        }
        current?.ended(.malformed)
        current = nil
        closeWhenFlushed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
        let isTooLarge = error == .headerOverflow
        let status = isTooLarge ? 431 : 400
        let reason = isTooLarge ? excess.rawValue : "malformed"
        if current != nil, !requestEnded {
            // A client that has gone has sent nothing wrong.
            let isGone = error == .invalidEOFState
            breakBody(isTooLarge ? "http1-trailers-too-large" : isGone ? nil : "http1-body-malformed")
        } else if current != nil || !mayBegin {
            pipelined.append(.malformed(status: status, reason: reason))
        } else {
            refuse(status, reason)
        }
    }

    /// Which limit a head is beyond. The parser has one word for both: where so few bytes have come that it cannot be
    /// theirs, it is that on fields.
    private var excess: HTTP1Policy.Refusal {
        unparsedBytes <= server.configuration.limits.headerBytesMax ? .tooManyFields : .headerTooLarge
    }

    /// The head was good, the body is not: the handler hears of it and may still answer.
    private func breakBody(_ reason: String?) {
        guard !isBodyBroken else { return }
        isBodyBroken = true
        if let reason { limited(reason) }
        keepsAlive = false
        pipelined.removeAll()
        current?.inbox.fail(.malformed)
    }

    /// Once both halves are done: the next request, or the end.
    func endIfComplete() {
        guard responseEnded, current != nil else { return }
        // While draining, too, only an answer that said so is the last.
        guard keepsAlive && requestEnded else {
            // An unread body would be taken for the next request.
            finishExchange(requestEnded ? nil : .finished)
            closeWhenFlushed()
            return
        }
        finishExchange(nil)
        clock.lastActive = Deadline.now.nanoseconds
        takePipelined()
    }

    /// What came behind the request that has just been answered, or that was kept until the client took its answers.
    func takePipelined() {
        while !pipelined.isEmpty, current == nil ? hasRoomToAnswer : !requestEnded, let next = pipelined.popFirst() {
            switch next {
            case .part(let part): take(part)
            case .malformed(let status, let reason): refuse(status, reason)
            }
        }
        resumeReading()
    }

    private var mayBegin: Bool { pipelined.isEmpty && hasRoomToAnswer }

    /// Whether the client takes its answers: one that sends requests and reads nothing would fill the memory with them.
    private var hasRoomToAnswer: Bool {
        output.readableBytes < Self.outputBytesHeldMax && context?.channel.isWritable ?? false
    }

    private func finishExchange(_ failure: BodyFailure?) {
        current?.ended(failure)
        current = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        if framing == .tunnel, responseEnded { current?.inbox.end() }
        current?.ended(responseEnded ? nil : .connectionLost)
        current = nil
        pipelined.removeAll()
        context.fireChannelInactive()
    }
}

extension HTTP1ServerConnection {
    /// Holds the socket's next read back while the handler has not taken what came.
    func read(context: ChannelHandlerContext) {
        let isFull = (current?.inbox.bufferedBytes ?? 0) >= Self.bodyBytesHeldMax
        if closing == nil && (isFull || !pipelined.isEmpty || isUpgrade && framing != .tunnel && requestEnded) {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    func resumeReading() {
        guard isReadHeld, let context else { return }
        isReadHeld = false
        read(context: context)
    }
}

extension HeaderFields {
    init(_ headers: HTTPHeaders) {
        self.init()
        reserve(fields: headers.count, bytes: 512)
        for (name, value) in headers { append(name, Self.withoutTrailingSpace(value)) }
    }

    /// The parser leaves white space behind a value where it was (RFC 9112, section 5.1).
    private static func withoutTrailingSpace(_ value: String) -> String {
        guard let last = value.utf8.last, last == 0x20 || last == 0x09 else { return value }
        let end = value.utf8.lastIndex { $0 != 0x20 && $0 != 0x09 }
        return end.map { String(value[...$0]) } ?? ""
    }
}

/// Stands before the parser and tells its connection that bytes have come.
final class HTTP1ByteWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: HTTP1ServerConnection

    init(_ connection: HTTP1ServerConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard connection.bytesArrived(unwrapInboundIn(data).readableBytes) else { return }
        context.fireChannelRead(data)
        connection.bytesParsed()
        connection.server.executor.runJobs()
    }
}
