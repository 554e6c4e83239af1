package import Contract
internal import Primitives
package import Redis

/// Topics as Redis streams.
///
/// A stream's generation is made of the server's run id and of a mark beside the stream, so that it changes when the
/// server was started again, which may have cost it the last entries, and when it was emptied or replaced.
package struct RedisEventLog: EventLog {
    /// About how many entries wait in one stream for its consumers; the rest waits in the outbox.
    package static let entriesMax = 100_000
    /// How long one append may take: Redis is asked for nothing else meanwhile, so that a slow one is not given up
    /// at once.
    private static let patience: Duration = .seconds(5)

    private let redis: RedisClient
    private let streams: EventStreams
    private let entriesMax: Int

    package init(_ redis: RedisClient, streams: EventStreams = EventStreams(), entriesMax: Int = entriesMax) {
        self.redis = redis
        self.streams = streams
        self.entriesMax = entriesMax
    }

    package func append(
        _ events: [Event], to topic: String, expecting expected: EventLogState?
    ) async throws(EventLogFailure) -> EventLogAppend {
        let keys = [streams.stream(topic), streams.mark(topic)]
        let arguments = [
            expected?.generation ?? "", expected?.last.description ?? "", UUIDv7().description, String(entriesMax),
        ]
        do throws(RedisFailure) {
            return try await redis.run(
                RedisLogScripts.append, keys: keys, arguments: arguments + events.flatMap(\.texts),
                timeout: Self.patience)
        } catch {
            throw EventLogFailure("\(error)")
        }
    }

    package func inspect(
        _ topic: String, consumers: [ServiceName]
    ) async throws(EventLogFailure) -> EventLogInspection {
        do throws(RedisFailure) {
            // In this order: see `EventLog.inspect`.
            let acknowledged = try await acknowledged(streams.stream(topic), consumers)
            let keys = [streams.stream(topic), streams.mark(topic)]
            let (state, oldest) = try await redis.run(RedisLogScripts.describe, keys: keys, timeout: Self.patience)
            return EventLogInspection(state: state, oldest: oldest, acknowledged: acknowledged)
        } catch {
            throw EventLogFailure("\(error)")
        }
    }

    package func trim(_ topic: String, before position: EventPosition) async throws(EventLogFailure) {
        do throws(RedisFailure) {
            _ = try await redis.send(TrimStream(streams.stream(topic), before: StreamID(position)))
        } catch {
            throw EventLogFailure("\(error)")
        }
    }

    private func acknowledged(
        _ stream: String, _ consumers: [ServiceName]
    ) async throws(RedisFailure) -> EventPosition {
        guard !consumers.isEmpty else { return .max }
        let groups: [GroupInfo]
        do throws(RedisFailure) {
            groups = try await redis.send(DescribeGroups(stream))
        } catch {
            // The only error of this command beside a key of another type, which has a code of its own.
            guard error.kind == .server(code: "ERR"), error.message.contains("no such key") else { throw error }
            return .zero
        }
        var least = EventPosition.max
        for consumer in consumers {
            guard let group = groups.first(where: { $0.name == consumer.rawValue }) else { return .zero }
            var through = EventPosition(group.lastDelivered)
            if group.pending > 0 {
                let pending = try await redis.send(PendingEntries(stream, group: group.name, countMax: 1))
                if let first = pending.first { through = min(through, EventPosition(first.id).predecessor) }
            }
            least = min(least, through)
        }
        return least
    }
}

extension EventPosition {
    init(_ id: StreamID) {
        self.init(major: Int(clamping: id.milliseconds), minor: Int(clamping: id.sequence))
    }
}

extension StreamID {
    init(_ position: EventPosition) {
        self.init(milliseconds: UInt64(clamping: position.major), sequence: UInt64(clamping: position.minor))
    }
}
