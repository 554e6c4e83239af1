internal import HTTP
package import NIOCore

/// Reads a request's body. The client may send more only as it is read: an unread body holds at most one window.
package struct BodyReader: Sendable {
    let exchange: ServerExchange

    /// The declared length in bytes, if any.
    package var contentLength: Int? { exchange.head.contentLength }

    /// The next bytes in the order of the stream; nil at the end. Answers `Expect: 100-continue` first.
    package func next() async throws(BodyFailure) -> ByteBuffer? {
        exchange.executor.preconditionOnLoop()
        exchange.sendContinueIfWanted()
        while true {
            if let failure = exchange.inbox.failure { throw failure }
            if let bytes = exchange.inbox.take() {
                exchange.wire.consume(bytes.readableBytes, exchange)
                return bytes
            }
            if exchange.inbox.isEnded { return nil }
            if let failure = exchange.failure { throw failure }
            if Task.isCancelled { throw .cancelled }
            await exchange.waitForBody()
        }
    }

    /// The whole body; `.tooLarge` before anything is read when the declared length says so.
    package func collect(upTo bytesMax: Int) async throws(BodyFailure) -> ByteBuffer {
        if let declared = contentLength, declared > bytesMax { throw .tooLarge }
        guard var all = try await next() else { return ByteBuffer() }
        if all.readableBytes > bytesMax { throw .tooLarge }
        while let bytes = try await next() {
            if all.readableBytes + bytes.readableBytes > bytesMax { throw .tooLarge }
            all.writeImmutableBuffer(bytes)
        }
        return all
    }
}

extension ServerExchange {
    func sendContinueIfWanted() {
        guard continueWanted else { return }
        continueWanted = false
        if answer == .none { wire.informational(100, self) }
    }

    func waitForBody() async {
        let signal = inbox.signal ?? LoopSignal(executor)
        inbox.signal = signal
        stall.readingSince(receivedBytes: inbox.receivedBytes)
        await signal.wait()
        stall.readingPaused()
    }
}
