internal import HTTP
internal import NIOCore
internal import Primitives
internal import TLS

/// Between the socket and HTTP: ciphertext below, plaintext above.
final class TLSServerHandler: ChannelDuplexHandler, TurnFlushing {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let session: TLSSession
    private let server: ServerContext
    private let peer: PeerAddress
    private var established: ((TLSSession) throws -> Void)?
    private var context: ChannelHandlerContext?
    private let startedAt = Deadline.now.nanoseconds
    private var refusedAt: UInt64?
    private var isFirst = true
    private var drainingSince: UInt64?
    /// Whether what is above keeps the bytes that it is given, so that they must be its own.
    private var givesOwnBytes = true

    /// `established` is called once, when the handshake is done, to add the handlers above.
    init(
        _ session: TLSSession, _ server: ServerContext, peer: PeerAddress,
        established: @escaping (TLSSession) throws -> Void
    ) {
        self.session = session
        self.server = server
        self.peer = peer
        self.established = established
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { release() }

    private func release() {
        context = nil
        established = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard refusedAt == nil else { return }
        let bytes = unwrapInboundIn(data)
        if isFirst {
            isFirst = false
            if bytes.looksLikeHTTP1 { return refusePlain(context) }
        }
        do throws(TLSFailure) {
            try session.receive(bytes)
            if try session.handshake() { try readAll(context) }
        } catch {
            fail(error, context)
            return
        }
        guard session.isEstablished else { return flushCiphertext(context) }
        // What is above has mostly something to say in this turn, too: tickets leave with the first SETTINGS.
        if session.hasOutput { server.executor.flushAtTurnEnd(self) }
    }

    func flushTurn() {
        if let context { flushCiphertext(context) }
    }

    private func readAll(_ context: ChannelHandlerContext) throws(TLSFailure) {
        if let established {
            self.established = nil
            // HTTP/2 has taken them in when it returns; the decoder of HTTP/1.1 holds on to the buffer.
            givesOwnBytes = session.negotiatedProtocol != "h2"
            do { try established(session) } catch { throw TLSFailure(.configuration, "\(error)") }
        }
        let executor = server.executor
        executor.plaintext.clear()
        let isClosed = try session.readAll(into: &executor.plaintext)
        if executor.plaintext.readableBytes > 0 {
            let bytes = givesOwnBytes ? ByteBuffer(buffer: executor.plaintext) : executor.plaintext
            context.fireChannelRead(wrapInboundOut(bytes))
        }
        if isClosed { context.close(promise: nil) }
    }

    private func flushCiphertext(_ context: ChannelHandlerContext) {
        guard session.hasOutput else { return }
        context.writeAndFlush(takeCiphertext(), promise: nil)
    }

    private func takeCiphertext() -> NIOAny {
        wrapOutboundOut(session.takeOutput())
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        do throws(TLSFailure) { try session.write(unwrapOutboundIn(data)) } catch {
            promise?.fail(error)
            return fail(error, context)
        }
        context.write(takeCiphertext(), promise: promise)
    }

    /// close_notify goes before the end.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        session.close()
        flushCiphertext(context)
        context.close(mode: mode, promise: promise)
    }

    private func fail(_ failure: TLSFailure, _ context: ChannelHandlerContext) {
        if refusedAt == nil { server.observer(failure.event, from: peer) }
        flushCiphertext(context)
        linger(context)
    }

    /// Plain HTTP on the TLS port: a person with a wrong URL deserves a sentence.
    private func refusePlain(_ context: ChannelHandlerContext) {
        server.observer(.tlsFailed(reason: "plain-http"), from: peer)
        var answer = ByteBuffer()
        answer.writePlainAnswer(400, "This port speaks HTTPS. Use https:// instead of http://.\n")
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        linger(context)
    }

    private func linger(_ context: ChannelHandlerContext) {
        guard refusedAt == nil else { return }
        refusedAt = Deadline.now.nanoseconds
        context.close(mode: .output, promise: nil)
        // The sweep knows this handler only until the handshake; after it, the end is now.
        if established == nil { context.close(promise: nil) }
    }
}

extension TLSServerHandler: ServerConnection {
    func sweep(now: UInt64) {
        if let refusedAt {
            if now &- refusedAt > Lingering.nanosecondsMax { close() }
        } else if let drainingSince, isFirst, now &- drainingSince > Lingering.quietNanosecondsMax {
            close()
        } else if now &- startedAt > server.configuration.limits.tlsHandshake.nanosecondsClamped {
            server.observer(.limited(reason: "tls-handshake"), from: peer)
            close()
        }
    }

    func drain() {
        // A client that has connected, or shaken hands in part, may still bring a request.
        drainingSince = Deadline.now.nanoseconds
    }

    func close() { context?.close(promise: nil) }
}

extension TLSFailure {
    fileprivate var event: TransportObserver.Event {
        switch reason {
        case .limit: .limited(reason: "tls-bytes")
        case .keyUpdates: .limited(reason: "tls-key-updates")
        case .renegotiation: .limited(reason: "tls-renegotiation")
        case .configuration, .untrustedPeer, .noCommonProtocol, .violation, .truncated, .misuse:
            .tlsFailed(reason: "\(reason)")
        }
    }
}
