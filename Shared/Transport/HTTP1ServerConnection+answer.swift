internal import HTTP
internal import NIOCore
internal import Primitives

extension HTTP1ServerConnection: ServerWire {
    func informational(_ status: Int, _ exchange: ServerExchange) {
        guard exchange === current, exchange.connection.version == .http11 else { return }
        output.writeHead(status: status, HeaderFields())
        needsFlush()
    }

    func respond(
        _ head: ResponseHead, contentLength: Int?, body: ByteBuffer?, ends: Bool, _ exchange: ServerExchange
    ) {
        guard exchange === current else { return }
        // What is left of a body after the answer would be taken for the next request. Where 100 was never sent, the
        // client may or may not send one.
        if isDraining || !requestEnded && (ends || exchange.continueWanted) { keepsAlive = false }
        var fields = head.fields
        for name in ["connection", "keep-alive", "transfer-encoding", "upgrade"] { fields.remove(name) }
        framing = ends ? .length(left: 0) : frame(fields, exchange)
        if framing == .untilClose { keepsAlive = false }
        output.writeHead(
            status: head.status, fields,
            adding: .init(contentLength: contentLength, isChunked: framing == .chunked, closes: !keepsAlive))
        if let body { output.writeImmutableBuffer(body) }
        if ends { endResponse() }
        needsFlush()
    }

    private func frame(_ fields: HeaderFields, _ exchange: ServerExchange) -> ResponseFraming {
        if let length = fields.contentLength { return .length(left: length) }
        return exchange.connection.version == .http11 ? .chunked : .untilClose
    }

    func write(_ bytes: ByteBuffer, _ exchange: ServerExchange) {
        guard exchange === current else { return }
        switch framing {
        case .none: return
        case .length(let left):
            // More than was announced would be read as the next answer.
            guard bytes.readableBytes <= left else { return reset(.internalError, exchange) }
            framing = .length(left: left - bytes.readableBytes)
            output.writeImmutableBuffer(bytes)
        case .chunked:
            output.writeString(String(bytes.readableBytes, radix: 16))
            output.writeStaticString("\r\n")
            output.writeImmutableBuffer(bytes)
            output.writeStaticString("\r\n")
        case .untilClose, .tunnel:
            output.writeImmutableBuffer(bytes)
        }
        needsFlush()
    }

    func finish(trailers: HeaderFields?, _ exchange: ServerExchange) {
        guard exchange === current else { return }
        switch framing {
        case .none, .untilClose: break
        case .length(let left):
            if left > 0 { return reset(.internalError, exchange) }
        case .chunked:
            output.writeStaticString("0\r\n")
            if let trailers { output.writeFields(trailers) }
            output.writeStaticString("\r\n")
        case .tunnel: return endTunnelOutput()
        }
        endResponse()
        needsFlush()
    }

    private func endResponse() {
        responseEnded = true
        endIfComplete()
    }

    /// HTTP/1.1 has no reset: before the head a plain 500, after it the end of the connection.
    func reset(_ code: HTTP2ErrorCode, _ exchange: ServerExchange) {
        guard exchange === current else { return }
        keepsAlive = false
        if framing == .none {
            output.writePlainAnswer(500, "The request failed.\n")
            responseEnded = true
            current = nil
            exchange.ended(.finished)
            closeWhenFlushed()
        } else {
            // What a tunnel was given last may be its farewell.
            if framing == .tunnel { flushTurn() }
            current = nil
            exchange.ended(.connectionLost)
            close()
        }
    }

    func consume(_ bytes: Int, _ exchange: ServerExchange) { resumeReading() }

    /// One answer at a time, which `outboundBytes` bounds.
    var hasRoom: Bool { true }

    func notifyWhenRoom(_ exchange: ServerExchange) {}

    func outboundBytes(_ exchange: ServerExchange) -> Int {
        guard exchange === current else { return 0 }
        return output.readableBytes
    }

    func notifyWhenDrained(_ exchange: ServerExchange) {}

    func handlerReturned(_ exchange: ServerExchange) { server.observer(.requestEnded) }
}

extension HTTP1ServerConnection {
    func needsFlush() {
        guard !isFlushPending else { return }
        isFlushPending = true
        server.executor.flushAtTurnEnd(self)
    }

    func flushTurn() {
        isFlushPending = false
        guard let context, context.channel.isWritable else { return }
        if output.readableBytes > 0 {
            writtenBytes += UInt64(output.readableBytes)
            context.writeAndFlush(wrapOutboundOut(output), promise: nil)
            output.clear()
            current?.outboundDrained()
        }
        if current == nil, closing == nil, !pipelined.isEmpty { takePipelined() }
        if framing == .tunnel, responseEnded, closing == nil { context.close(mode: .output, promise: nil) }
        if case .whenFlushed(let since) = closing {
            closing = .lingering(since: since)
            // Closing both halves with unread input would reset the connection and lose the answer on its way.
            context.close(mode: .output, promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { needsFlush() }
        context.fireChannelWritabilityChanged()
    }

    func closeWhenFlushed() {
        guard closing == nil else { return }
        closing = .whenFlushed(since: Deadline.now.nanoseconds)
        pipelined.removeAll()
        resumeReading()
        needsFlush()
    }
}

extension HTTP1ServerConnection: ServerConnection {
    /// A request may be on its way to a connection that waits for one, and its client could not know whether it was
    /// begun: it is answered, with the word that it is the last. Only who stays quiet for a while is closed.
    func drain() {
        guard drainingSince == nil else { return }
        drainingSince = Deadline.now.nanoseconds
    }

    private func isQuietInDrain(_ now: UInt64) -> Bool {
        guard let drainingSince, current == nil, !headHasBegun else { return false }
        let quietSince = max(drainingSince, clock.lastActive)
        return now >= quietSince && now - quietSince >= Lingering.quietNanosecondsMax
    }

    func close() { context?.close(promise: nil) }

    func sweep(now: UInt64) {
        let limits = server.configuration.limits
        if let closing { return sweep(closing, limits, now) }
        // Many connections wait and few are busy: those that wait keep neither the memory of the largest answer nor a
        // token.
        if current == nil, output.readableBytes == 0 { (output, note) = (ByteBuffer(), nil) }
        if isStalled(limits, now) {
            limited("send-stall")
            if let current { reset(.cancel, current) } else { close() }
        } else if let current, !current.mayOutliveConnection, clock.isOverdue(now) {
            limited("age-grace")
            reset(.cancel, current)
        } else if let since = headSince, current == nil, pipelined.isEmpty,
            now &- since >= limits.headerRead.nanosecondsClamped
        {
            refuse(408, "header-read")
            headSince = nil
        } else if isQuietInDrain(now) {
            closeWhenFlushed()
        } else if current == nil, clock.isIdle(now) {
            limited("idle")
            closeWhenFlushed()
        } else if clock.isOld(now), !isDraining {
            limited("age")
            drain()
        }
        current?.sweep(limits, now: now, server.observer)
    }

    /// The last bytes may be taken as slowly as any others; what is still sent then is read and dropped for a while.
    private func sweep(_ closing: Closing, _ limits: HTTPLimits, _ now: UInt64) {
        if isStalled(limits, now) {
            limited("send-stall")
            return close()
        }
        let isTaken = context?.channel.bufferedBytes ?? 0 == 0
        switch closing {
        case .whenFlushed(let since):
            if isTaken, now &- since > limits.sendStall.nanosecondsClamped { close() }
        case .lingering(let since):
            if !isTaken { return self.closing = .lingering(since: now) }
            if now &- since > Lingering.nanosecondsMax { close() }
        }
    }

    private func isStalled(_ limits: HTTPLimits, _ now: UInt64) -> Bool {
        let buffered = context?.channel.bufferedBytes ?? 0
        return sending.isStalled(
            buffered > 0 ? .peer : .nothing, sentBytes: writtenBytes.less(buffered), limits, now: now)
    }
}

enum Lingering {
    /// How long a closed connection's input is read and dropped.
    static let nanosecondsMax: UInt64 = 2_000_000_000
    /// How long a connection that is drained waits for one more request, or for word that its client has heard of it.
    static let quietNanosecondsMax: UInt64 = 1_000_000_000
    /// How long a client that never says so may go on sending requests.
    static let noticeNanosecondsMax: UInt64 = 10_000_000_000
}

extension Channel {
    /// Bytes written that the socket has not taken.
    var bufferedBytes: Int {
        (try? syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}

extension UInt64 {
    /// What the socket has taken of all that was written, where `buffered` bytes wait for it, which encryption has made
    /// a little more.
    func less(_ buffered: Int) -> UInt64 { self - Swift.min(UInt64(Swift.max(0, buffered)), self) }
}
