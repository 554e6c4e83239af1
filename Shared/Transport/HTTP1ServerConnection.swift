internal import HTTP
internal import NIOCore
internal import NIOHTTP1
internal import Primitives

/// One HTTP/1.1 connection of a client: one exchange at a time, what is pipelined behind it waits.
final class HTTP1ServerConnection: ChannelDuplexHandler, TurnFlushing {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Parts of later requests held while one is answered; no client needs as many.
    private static let pipelinedPartsMax = 512
    /// Body bytes that wait for the handler before reading stops.
    private static let bodyBytesHeldMax = 64 * 1024

    let server: ServerContext
    private let info: ConnectionInfo
    var context: ChannelHandlerContext?
    var output = ByteBuffer()
    var isFlushPending = false
    var isReadHeld = false
    var pipelined = CircularBuffer<Pipelined>(initialCapacity: 0)
    var closing: Closing?
    var isDraining = false

    // The exchange that is being answered.
    var current: ServerExchange?
    var framing = ResponseFraming.none
    var keepsAlive = true
    var requestEnded = true
    var responseEnded = true

    // Limits on time.
    var clock: ConnectionClock
    var headSince: UInt64?
    var stall = StallClock()

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
        clock = ConnectionClock(now: now, ageMax: limits.ageMax, idle: limits.idleHTTP1)
        headSince = now
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    /// Bytes have come, before the parser made anything of them.
    func bytesArrived() {
        let now = Deadline.now.nanoseconds
        clock.lastActive = now
        if current == nil && headSince == nil { headSince = now }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard closing == nil else { return }
        let part = unwrapInboundIn(data)
        if current != nil && requestEnded {
            guard pipelined.count < Self.pipelinedPartsMax else { return context.close(promise: nil) }
            pipelined.append(.part(part))
        } else {
            take(part)
        }
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): begin(head)
        case .body(let bytes): current?.inbox.append(bytes)
        case .end(let trailers):
            requestEnded = true
            if let trailers { current?.trailersReceived = HeaderFields(trailers) }
            current?.inbox.end()
            endIfComplete()
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        headSince = nil
        let fields = HeaderFields(head.headers)
        let parsed = HTTP1Policy.Head(
            method: head.method.rawValue, target: head.uri, minorVersion: head.version.minor, fields: fields)
        let limits = server.configuration.limits
        do throws(HTTP1Policy.Refusal) {
            let accepted = try HTTP1Policy.judge(
                parsed, headerBytesMax: limits.headerBytesMax, headerFieldsMax: limits.headerFieldsMax)
            open(parsed, accepted)
        } catch {
            refuse(error.status, error.rawValue)
        }
    }

    private func open(_ head: HTTP1Policy.Head, _ accepted: HTTP1Policy.Accepted) {
        keepsAlive = accepted.keepsAlive && head.minorVersion == 1 && !isDraining
        requestEnded = false
        responseEnded = false
        framing = .none
        let request = RequestHead(
            method: RequestMethod(head.method), scheme: info.isSecure ? "https" : "http",
            authority: accepted.authority, path: accepted.path, fields: head.fields)
        let info =
            head.minorVersion == 1
            ? info : ConnectionInfo(peer: info.peer, localPort: info.localPort, version: .http10, tls: info.tls)
        let exchange = ServerExchange(
            head: request, connection: info, executor: server.executor, wire: self, stream: nil,
            ended: accepted.framing == .none || accepted.framing == .length(0), now: Deadline.now.nanoseconds)
        current = exchange
        server.observer(.requestStarted)
        exchange.run(server)
    }

    /// Answers and closes: nothing after this can be trusted to be a request.
    func refuse(_ status: Int, _ reason: String) {
        guard closing == nil else { return }
        server.observer(.limited(reason: "http1-" + reason))
        keepsAlive = false
        if current == nil || framing == .none && !responseEnded {
            var (head, body) = server.configuration.refusal(status, reason)
            head.fields.append("connection", "close")
            output.writeHead(status: head.status, head.fields)
            output.writeBytes(body)
        }
        current?.ended(.malformed)
        current = nil
        closeWhenFlushed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
        let isTooLarge = error == .headerOverflow
        let status = isTooLarge ? 431 : 400
        let reason = isTooLarge ? "header-too-large" : "malformed"
        if let current, !requestEnded {
            // The head was good, the body is not: the handler hears of it and may still answer.
            keepsAlive = false
            current.inbox.fail(.malformed)
        } else if current != nil {
            pipelined.append(.malformed(status: status, reason: reason))
        } else {
            refuse(status, reason)
        }
    }

    /// Once both halves are done: the next request, or the end.
    func endIfComplete() {
        guard responseEnded, current != nil else { return }
        guard keepsAlive && requestEnded && !isDraining else {
            // An unread body would be taken for the next request.
            finishExchange(requestEnded ? nil : .finished)
            closeWhenFlushed()
            return
        }
        finishExchange(nil)
        clock.lastActive = Deadline.now.nanoseconds
        while current == nil || !requestEnded, let next = pipelined.popFirst() {
            switch next {
            case .part(let part): take(part)
            case .malformed(let status, let reason): refuse(status, reason)
            }
        }
        resumeReading()
    }

    private func finishExchange(_ failure: BodyFailure?) {
        current?.ended(failure)
        current = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
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
        if closing == nil && (isFull || !pipelined.isEmpty) {
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
        for (name, value) in headers { append(name, value) }
    }
}

/// Stands before the parser and tells its connection that bytes have come.
final class HTTP1ByteWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: HTTP1ServerConnection

    init(_ connection: HTTP1ServerConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.bytesArrived()
        context.fireChannelRead(data)
    }
}
