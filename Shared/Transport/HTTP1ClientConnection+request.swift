internal import HTTP
internal import NIOCore
internal import NIOHTTP1

// A request as HTTP/1.1 writes it (RFC 9112).
extension HTTP1ClientConnection {
    /// Set here, whatever the request says of them.
    private static let ownFields = [
        "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "expect", "te",
    ]

    func write(_ head: RequestHead, body: ByteBuffer?, ends: Bool) {
        var fields = head.fields
        for name in Self.ownFields where fields.contains(name) { fields.remove(name) }
        fields.append("host", head.authority)
        if let wanted {
            fields.append("connection", "Upgrade")
            fields.append("upgrade", wanted)
        } else if head.fields.first("te") == "trailers" {
            fields.append("connection", "te")
            fields.append("te", "trailers")
        }
        framing = frame(&fields, head, body, ends: ends)
        requestEnded = ends
        output.writeString(wanted == nil ? head.method.text : "GET")
        output.writeStaticString(" ")
        output.writeString(head.path)
        output.writeStaticString(" HTTP/1.1\r\n")
        output.writeFields(fields)
        output.writeStaticString("\r\n")
        if let body { append(body) }
        needsFlush()
    }

    private func append(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        if framing == .chunked {
            output.writeString(String(bytes.readableBytes, radix: 16))
            output.writeStaticString("\r\n")
        }
        output.writeImmutableBuffer(bytes)
        if framing == .chunked { output.writeStaticString("\r\n") }
    }

    private func frame(
        _ fields: inout HeaderFields, _ head: RequestHead, _ body: ByteBuffer?, ends: Bool
    ) -> RequestFraming {
        if ends {
            let count = body?.readableBytes ?? 0
            fields.remove("content-length")
            let mayHaveNone = head.method == .get || head.method == .head || head.method == .options
            if count > 0 || !mayHaveNone { fields.append("content-length", count) }
            return .none
        }
        if wanted != nil { return .none }
        if let length = fields.contentLength, body == nil { return .length(left: length) }
        fields.remove("content-length")
        fields.append("transfer-encoding", "chunked")
        return .chunked
    }

    func write(_ bytes: ByteBuffer, _ exchange: ClientExchange) {
        guard exchange === current, !requestEnded else { return }
        if case .length(let left) = framing {
            // More than was announced would be read as the next request.
            guard bytes.readableBytes <= left else { return exchange.fail(ClientFailure(.malformed)) }
            framing = .length(left: left - bytes.readableBytes)
        }
        append(bytes)
        needsFlush()
    }

    func finish(_ trailers: HeaderFields?, _ exchange: ClientExchange) {
        guard exchange === current, !requestEnded else { return }
        switch framing {
        case .none: break
        case .length(let left): if left > 0 { return exchange.fail(ClientFailure(.malformed)) }
        case .chunked:
            output.writeStaticString("0\r\n")
            if let trailers { output.writeFields(trailers) }
            output.writeStaticString("\r\n")
        }
        requestEnded = true
        needsFlush()
    }

    func needsFlush() {
        guard !isFlushPending else { return }
        isFlushPending = true
        executor.flushAtTurnEnd(self)
    }

    func flushTurn() {
        isFlushPending = false
        guard let context, context.channel.isWritable else { return }
        if output.readableBytes > 0 {
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(output))), promise: nil)
            output.clear()
            if drainWanted {
                drainWanted = false
                current?.outboundDrained()
            }
        }
        if isTunnel, requestEnded, current != nil {
            context.close(mode: .output, promise: nil)
            endTunnelIfOver()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { needsFlush() }
        context.fireChannelWritabilityChanged()
    }
}
