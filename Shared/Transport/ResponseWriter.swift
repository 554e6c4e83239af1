package import HTTP
package import NIOCore

/// Sends the body of a streamed answer; waits while the client does not take it.
package struct ResponseWriter: Sendable {
    /// Bytes queued for one answer above which `write` waits.
    package static let highWaterBytes = 64 * 1024

    let exchange: ServerExchange
    let discards: Bool

    /// Queues bytes, then waits until the queue is short again if they filled it.
    package func write(_ bytes: ByteBuffer) async throws(BodyFailure) {
        exchange.executor.preconditionOnLoop()
        if let failure = exchange.failure { throw failure }
        guard !discards, bytes.readableBytes > 0 else { return }
        guard exchange.answer == .streaming else { throw .finished }
        while !exchange.wire.hasRoom { try await wait { exchange.wire.notifyWhenRoom(exchange) } }
        exchange.wire.write(bytes, exchange)
        while exchange.wire.outboundBytes(exchange) >= Self.highWaterBytes {
            try await wait { exchange.wire.notifyWhenDrained(exchange) }
        }
        if let failure = exchange.failure { throw failure }
    }

    /// Waits until something has left, as `ask` asks to be told.
    private func wait(_ ask: () -> Void) async throws(BodyFailure) {
        if let failure = exchange.failure { throw failure }
        if Task.isCancelled { throw .cancelled }
        let signal = exchange.drained ?? LoopSignal(exchange.executor)
        exchange.drained = signal
        ask()
        await signal.wait()
        if let failure = exchange.failure { throw failure }
    }

    /// Ends the answer.
    package func finish(trailers: HeaderFields? = nil) {
        exchange.executor.preconditionOnLoop()
        guard exchange.answer == .streaming, exchange.failure == nil else { return }
        exchange.answer = .complete
        exchange.wire.finish(trailers: trailers, exchange)
    }

    /// Breaks the answer off, so that the client sees that it is not whole.
    package func abort() { exchange.abort() }
}
