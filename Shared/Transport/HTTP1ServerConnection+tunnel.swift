internal import HTTP
internal import NIOCore
internal import NIOHTTP1

// What remains of HTTP/1.1 once the connection speaks another protocol (RFC 9110, section 7.8).
extension HTTP1ServerConnection {
    func beginTunnel(_ fields: HeaderFields, _ exchange: ServerExchange) {
        guard exchange === current, let context, let name = exchange.head.connectProtocol else { return }
        framing = .tunnel
        // The request had no body; what comes now is the tunnel's.
        requestEnded = false
        exchange.inbox = BodyInbox()
        var fields = fields
        fields.append("connection", "Upgrade")
        fields.append("upgrade", name)
        output.writeHead(status: 101, fields)
        needsFlush()
        let operations = context.channel.pipeline.syncOperations
        do {
            try operations.addHandler(TunnelInlet(self), position: .before(self))
            // What it holds already comes through the inlet.
            let parser = try operations.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
            operations.removeHandler(context: parser, promise: nil)
            try context.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        } catch {
            return reset(.internalError, exchange)
        }
        resumeReading()
    }

    /// Our half ends, once what is queued has gone.
    func endTunnelOutput() {
        guard !responseEnded else { return }
        responseEnded = true
        if requestEnded { return endTunnel() }
        needsFlush()
    }

    private func endTunnel() {
        let exchange = current
        current = nil
        exchange?.ended(nil)
        closeWhenFlushed()
    }
}

extension HTTP1ServerConnection: TunnelEnd {
    func tunnelReceived(_ bytes: ByteBuffer) { current?.inbox.append(bytes) }

    func tunnelInputEnded() {
        guard !requestEnded else { return }
        requestEnded = true
        current?.inbox.end()
        if responseEnded { endTunnel() }
    }
}

/// A connection that has left HTTP behind, as the bytes of its tunnel reach it.
protocol TunnelEnd: AnyObject {
    func tunnelReceived(_ bytes: ByteBuffer)
    /// The peer has ended its half.
    func tunnelInputEnded()
}

/// Stands where the parser stood, and passes on what it would have parsed.
final class TunnelInlet: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let end: any TunnelEnd

    init(_ end: any TunnelEnd) { self.end = end }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { end.tunnelReceived(unwrapInboundIn(data)) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { end.tunnelInputEnded() }
        context.fireUserInboundEventTriggered(event)
    }
}
