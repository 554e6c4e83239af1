package import NIOCore
internal import Primitives

/// Waits for the entries of several streams as one consumer of a group, on a connection of its own.
package final class RedisGroupReader: Sendable {
    private let connection: RedisConnection
    private let streams: [String]
    private let group: String
    private let consumer: String
    private let blockTime: Duration
    private let replyTimeout: Duration

    /// - Parameter blockTime: How long one read waits for entries; at most a second, so that silence is noticed.
    package init(
        configuration: RedisConfiguration, loops: any EventLoopGroup, streams: [String], group: String,
        consumer: String, blockTime: Duration = .seconds(1)
    ) {
        self.streams = streams
        self.group = group
        self.consumer = consumer
        self.blockTime = min(blockTime, .seconds(1))
        replyTimeout = self.blockTime + configuration.commandTimeout
        var configuration = configuration
        // A read that waits is no stall.
        configuration.stallTimeout = max(configuration.stallTimeout, replyTimeout * 2)
        connection = RedisConnection(configuration: configuration, loop: loops.next())
    }

    /// New entries, up to `countMax` of each stream; none where none came in time. What a failed read was given stays
    /// pending for the consumer.
    package func read(countMax: Int) async throws(RedisFailure) -> [GroupEntries] {
        let command = ReadGroup(
            streams, group: group, consumer: consumer, .new, countMax: countMax, block: blockTime)
        let reply = try await connection.exchange(command.encode(), deadline: .after(replyTimeout))
        return try command.decode(reply)
    }

    package func close() async { await connection.close() }
}
