internal import Synchronization

/// What comes from a channel.
package enum ChannelEvent: Sendable, Hashable {
    /// The database listens from now on, for the first time or again after a loss: look for what was missed.
    case listening
    /// Somebody called `NOTIFY`.
    case notified(payload: String)
}

/// One listener to one channel, as the driver's thread sees it.
struct Subscription: Sendable {
    private static let lastID = Atomic<Int>(0)

    let id: Int
    let channel: String
    private let continuation: AsyncStream<ChannelEvent>.Continuation

    init(channel: String, _ continuation: AsyncStream<ChannelEvent>.Continuation) {
        id = Self.lastID.wrappingAdd(1, ordering: .relaxed).newValue
        self.channel = channel
        self.continuation = continuation
    }

    func yield(_ event: ChannelEvent) {
        continuation.yield(event)
    }

    func finish() {
        continuation.finish()
    }
}

extension Database {
    /// Listens to a channel on a connection that is there for nothing else, until the stream is dropped.
    ///
    /// At most `limit` events wait for the reader, of which the oldest go first: notifications are hints to look, so
    /// that none may be the only trace of anything.
    package func notifications(on channel: String, limit: Int = 64) -> AsyncStream<ChannelEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ChannelEvent.self, bufferingPolicy: .bufferingNewest(max(limit, 1)))
        let subscription = Subscription(channel: channel, continuation)
        let (driver, id) = (driver, id)
        continuation.onTermination = { _ in driver.post(.unlisten(id, subscription.id)) }
        driver.post(.listen(id, subscription))
        return stream
    }
}
