internal import HTTP
package import NIOCore
package import Primitives

/// Reads a request's body. The client may send more only as it is read: an unread body holds at most one window.
package struct BodyReader: Sendable {
    let exchange: ServerExchange

    /// The declared length in bytes, if any.
    package var contentLength: Int? { exchange.head.contentLength }

    /// The next bytes in the order of the stream; nil at the end. Answers `Expect: 100-continue` first.
    ///
    /// - Parameter deadline: when waiting for them ends with `.tooSlow`; nil leaves that to the limits on silence and
    ///   speed.
    package func next(by deadline: Deadline? = nil) async throws(BodyFailure) -> ByteBuffer? {
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
            if let deadline, deadline.hasPassed { throw .tooSlow }
            await exchange.waitForBody(until: deadline)
        }
    }

    /// The whole body; `.tooLarge` before anything is read when the declared length says so, `.tooSlow` where it has
    /// not come by the deadline.
    package func collect(
        upTo bytesMax: Int, by deadline: Deadline? = nil
    ) async throws(BodyFailure) -> ByteBuffer {
        if let declared = contentLength, declared > bytesMax { throw .tooLarge }
        guard var all = try await next(by: deadline) else { return ByteBuffer() }
        if all.readableBytes > bytesMax { throw .tooLarge }
        while let bytes = try await next(by: deadline) {
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

    func waitForBody(until deadline: Deadline?) async {
        let signal = inbox.signal ?? LoopSignal(executor)
        inbox.signal = signal
        let timer = deadline.map { deadline in
            executor.loop.scheduleTask(in: .nanoseconds(Int64(deadline.remaining.nanosecondsClamped))) {
                signal.fire()
            }
        }
        stall.readingSince(receivedBytes: inbox.receivedBytes)
        await signal.wait()
        timer?.cancel()
        stall.readingPaused()
    }
}
