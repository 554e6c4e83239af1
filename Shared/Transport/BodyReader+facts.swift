extension BodyReader {
    /// Whether the whole body has come and been read: a request without a body is complete from the start.
    package var isComplete: Bool {
        exchange.executor.preconditionOnLoop()
        return exchange.inbox.isEnded && exchange.inbox.bufferedBytes == 0
    }

    /// Whether somebody waits for more of the body to come.
    package var isAwaited: Bool {
        exchange.executor.preconditionOnLoop()
        return exchange.inbox.isAwaited
    }
}
