package import NIOCore
package import TLS

/// A client's TLS between a socket and a protocol that speaks first: what is written before the handshake is done waits
/// for it. A failure is told above as an error caught, and closes the channel.
package final class TLSClientHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// The largest TLS record's plaintext.
    private static let recordBytes = 16 * 1024
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
        let failure: TLSFailure? = unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            do throws(TLSFailure) { try session.receive(bytes) } catch { return error }
            return nil
        }
        if let failure { return fail(failure, context) }
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
        let waiting = held
        held.removeAll()
        heldBytes = 0
        for (bytes, promise) in waiting {
            if let failure = encrypt(bytes) { throw failure }
            context.write(takeCiphertext(context), promise: promise)
        }
        if !waiting.isEmpty { context.flush() }
    }

    private func readAll(_ context: ChannelHandlerContext) throws(TLSFailure) {
        var plaintext = context.channel.allocator.buffer(capacity: Self.recordBytes)
        var last = TLSRead.wantsMore
        repeat {
            var failure: TLSFailure?
            plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.recordBytes) { buffer in
                do throws(TLSFailure) { last = try session.read(buffer) } catch { failure = error }
                if failure == nil, case .bytes(let count) = last { return count }
                return 0
            }
            if let failure { throw failure }
        } while last != .wantsMore && last != .closed
        if plaintext.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(plaintext)) }
        if last == .closed { context.close(promise: nil) }
    }

    private func flushCiphertext(_ context: ChannelHandlerContext) {
        guard session.hasOutput else { return }
        context.writeAndFlush(takeCiphertext(context), promise: nil)
    }

    private func takeCiphertext(_ context: ChannelHandlerContext) -> NIOAny {
        var ciphertext = ByteBuffer()
        session.takeOutput { bytes in
            ciphertext = context.channel.allocator.buffer(capacity: bytes.count)
            ciphertext.writeBytes(bytes)
        }
        return wrapOutboundOut(ciphertext)
    }

    private func encrypt(_ bytes: ByteBuffer) -> TLSFailure? {
        bytes.withUnsafeReadableBytes { bytes in
            do throws(TLSFailure) { try session.write(bytes) } catch { return error }
            return nil
        }
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
        if let failure = encrypt(bytes) {
            promise?.fail(failure)
            return fail(failure, context)
        }
        context.write(takeCiphertext(context), promise: promise)
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
