internal import Contract
internal import Events
internal import Logging
internal import NIOCore
internal import Primitives
internal import Redis
internal import Telemetry

/// Follows the topics whose events make kept answers untrue. Every gateway hears every event.
///
/// Events that went by unheard could be about anything, so that everything is let go of. While nothing is heard at all,
/// the cache asks anew for what it has kept for longer than a moment.
struct PurgeFeed: Sendable {
    private let tails: [EventTail]
    /// By topic and version.
    private let purges: [String: [Int: TopicDescription.Purge]]
    private let notices: SampledLog

    init(
        _ topics: [TopicDescription], redis: RedisConfiguration, loops: any EventLoopGroup,
        streams: EventStreams = EventStreams(), logger: Logger
    ) {
        var purges: [String: [Int: TopicDescription.Purge]] = [:]
        for topic in topics {
            if let purge = topic.purge { purges[topic.name, default: [:]][topic.version] = purge }
        }
        self.purges = purges
        tails = purges.keys.sorted().map { EventTail($0, redis: redis, loops: loops, streams: streams) }
        notices = SampledLog(logger)
    }

    /// When the last of the topics told all that there was; nil before each has.
    var lastContact: Deadline? {
        var earliest = Deadline.now
        for tail in tails {
            guard let contact = tail.lastContact else { return nil }
            earliest = min(earliest, contact)
        }
        return earliest
    }

    /// Listens until cancelled.
    func run(_ cache: EdgeCache) async {
        await withDiscardingTaskGroup { group in
            for tail in tails {
                group.addTask { await tail.run { news in apply(news, tail.topic, cache) } }
            }
        }
    }

    func apply(_ news: EventTail.News, _ topic: String, _ cache: EdgeCache) {
        switch news {
        case .began: cache.purgeEverything(.lost)
        case .lost: loseAll(topic, "events went by unheard", cache)
        case .events(let events):
            for event in events {
                guard let purge = purges[topic]?[event.facts.version], let tags = try? purge(event.payload) else {
                    loseAll(topic, "an event could not be read", cache)
                    continue
                }
                cache.purge(tags, .event)
            }
        }
    }

    private func loseAll(_ topic: String, _ reason: String, _ cache: EdgeCache) {
        cache.purgeEverything(.lost)
        notices.notice(
            "all kept answers were let go of", reason: "cache-lost",
            metadata: ["topic": .string(topic), "detail": .string(reason)])
    }
}
