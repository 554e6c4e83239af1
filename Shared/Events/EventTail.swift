package import Contract
package import NIOCore
package import Primitives
package import Redis

/// Hears a topic's events as they are appended, by itself and from now on: no group, no acknowledgement, no order
/// between processes. For what may be forgotten, such as copies in memory; what must have its effect has an
/// `EventConsumer`.
package final class EventTail: Sendable {
    package enum News: Sendable {
        /// Whatever is appended from here on will be told. Comes once, first.
        case began
        /// In order.
        case events([Event])
        /// Events went by unheard, or what was heard is no event.
        case lost
    }

    package let topic: String
    private let reader: RedisStreamReader

    package init(_ topic: String, redis: RedisConfiguration, loops: any EventLoopGroup, streams: EventStreams) {
        self.topic = topic
        // Where Redis takes no writes, nobody can append, and that nothing comes means nothing.
        reader = RedisStreamReader(
            configuration: redis, group: loops, stream: streams.stream(topic), start: .now, probesWrites: true)
    }

    /// When Redis last told all that there was, be it nothing; nil: never.
    package var lastContact: Deadline? { reader.lastContact }

    /// Listens until its task is cancelled, and gives everything in order, one at a time.
    package func run(_ receive: (News) async -> Void) async {
        await reader.run { event in
            switch event {
            case .started: await receive(.began)
            case .lost: await receive(.lost)
            case .entries(let entries):
                let events = entries.compactMap { entry in try? Event(entry, topic: topic) }
                if !events.isEmpty { await receive(.events(events)) }
                if events.count < entries.count { await receive(.lost) }
            }
        }
    }
}
