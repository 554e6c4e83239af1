internal import HTTP
internal import NIOCore
internal import Primitives

/// First on a connection of a proxy: takes its header away, then itself.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limits: HTTPLimits
    private let peer: PeerAddress
    private let observer: TransportObserver
    private var told: ((ProxyHeader) throws -> Void)?
    private var received = ByteBuffer()
    private var context: ChannelHandlerContext?
    private let startedAt = Deadline.now.nanoseconds
    private var drainingSince: UInt64?

    /// - Parameter told: called once, to add the handlers behind; what it throws closes the connection.
    init(
        _ limits: HTTPLimits, peer: PeerAddress, observer: TransportObserver,
        told: @escaping (ProxyHeader) throws -> Void
    ) {
        self.limits = limits
        self.peer = peer
        self.observer = observer
        self.told = told
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        told = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let told else { return }
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        do throws(ProxyHeader.Refusal) {
            guard let header = try ProxyHeader.parse(received.readableBytesView) else { return }
            self.told = nil
            proceed(context, header, told)
        } catch {
            self.told = nil
            observer(.refused(reason: error.rawValue), from: peer)
            context.close(promise: nil)
        }
    }

    private func proceed(
        _ context: ChannelHandlerContext, _ header: ProxyHeader, _ told: (ProxyHeader) throws -> Void
    ) {
        guard (try? told(header)) != nil else { return context.close(promise: nil) }
        received.moveReaderIndex(forwardBy: header.bytes)
        if received.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(received)) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}

extension ProxyHeaderHandler: ServerConnection {
    func sweep(now: UInt64) {
        guard told != nil else { return }
        if now &- startedAt > limits.tlsHandshake.nanosecondsClamped {
            observer(.limited(reason: "proxy-header"), from: peer)
            close()
        } else if let drainingSince, now &- drainingSince > Lingering.nanosecondsMax {
            close()
        }
    }

    /// A client that has just come through the proxy may still bring a request.
    func drain() { drainingSince = Deadline.now.nanoseconds }

    func close() { context?.close(promise: nil) }
}
