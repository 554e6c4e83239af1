package import NIOCore
package import TLS

/// A client's TLS between a socket and a protocol that speaks first: what is written before the handshake is done waits
/// for it. A failure is told above as an error caught, and closes the channel.
package final class TLSClientHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Plaintext that waits for the handshake.
    private static let heldBytesMax = 1 << 20

    private let session: TLSSession
    private var held: [(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
    private var heldBytes = 0
    private var hasFailed = false

    package init(_ session: TLSSession) {
        self.session = session
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { advance(context) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        advance(context)
        context.fireChannelActive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasFailed else { return }
        do throws(TLSFailure) { try session.receive(unwrapInboundIn(data)) } catch { return fail(error, context) }
        advance(context)
    }

    /// Goes as far as the peer's bytes allow.
    private func advance(_ context: ChannelHandlerContext) {
        guard !hasFailed else { return }
        do throws(TLSFailure) {
            if try session.handshake() {
                try sendHeld(context)
                try readAll(context)
            }
        } catch {
            return fail(error, context)
        }
        flushCiphertext(context)
    }

    private func sendHeld(_ context: ChannelHandlerContext) throws(TLSFailure) {
        guard !held.isEmpty else { return }
        // What is not sent stays, and is failed when the handler goes.
        while let (bytes, promise) = held.first {
            try session.write(bytes)
            held.removeFirst()
            heldBytes -= bytes.readableBytes
            context.write(takeCiphertext(), promise: promise)
        }
        context.flush()
    }

    private func readAll(_ context: ChannelHandlerContext) throws(TLSFailure) {
        var plaintext = ByteBuffer()
        let isClosed = try session.readAll(into: &plaintext)
        if plaintext.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(plaintext)) }
        if isClosed { context.close(promise: nil) }
    }

    private func flushCiphertext(_ context: ChannelHandlerContext) {
        guard session.hasOutput else { return }
        context.writeAndFlush(takeCiphertext(), promise: nil)
    }

    private func takeCiphertext() -> NIOAny {
        wrapOutboundOut(session.takeOutput())
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        guard session.isEstablished else {
            heldBytes += bytes.readableBytes
            guard !hasFailed, heldBytes <= Self.heldBytesMax else {
                let failure = TLSFailure(.limit, "more than \(Self.heldBytesMax) bytes wait for the handshake")
                promise?.fail(failure)
                return fail(failure, context)
            }
            return held.append((bytes, promise))
        }
        do throws(TLSFailure) { try session.write(bytes) } catch {
            promise?.fail(error)
            return fail(error, context)
        }
        context.write(takeCiphertext(), promise: promise)
    }

    /// close_notify goes before the end.
    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        session.close()
        flushCiphertext(context)
        context.close(mode: mode, promise: promise)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        if !session.isEstablished, !hasFailed {
            fail(TLSFailure(.violation, "the server ended the connection instead of the handshake"), context)
        }
        context.fireChannelInactive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        for (_, promise) in held { promise?.fail(ChannelError.ioOnClosedChannel) }
        held.removeAll()
    }

    private func fail(_ failure: TLSFailure, _ context: ChannelHandlerContext) {
        guard !hasFailed else { return }
        hasFailed = true
        // The alert that tells the server why.
        flushCiphertext(context)
        context.fireErrorCaught(failure)
        context.close(promise: nil)
    }
}
