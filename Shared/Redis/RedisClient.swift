package import NIOCore
internal import Primitives

/// Redis for the rest of the suite: typed commands over one pipelined connection per event loop.
///
/// Layer 5. A caller on a loop uses that loop's connection and never leaves its thread; others are spread over all.
/// Connections are made at first use and made anew for ever after. While Redis is down, a command fails with
/// `.unavailable` at once, or at its deadline while the first attempt to reconnect is under way.
package final class RedisClient: Sendable {
    package let configuration: RedisConfiguration
    private let group: any EventLoopGroup
    private let connections: [ObjectIdentifier: RedisConnection]
    private let first: RedisConnection

    package init(configuration: RedisConfiguration, group: any EventLoopGroup) {
        self.configuration = configuration
        self.group = group
        var connections: [ObjectIdentifier: RedisConnection] = [:]
        for loop in group.makeIterator() {
            connections[ObjectIdentifier(loop)] = RedisConnection(configuration: configuration, loop: loop)
        }
        self.connections = connections
        first = connections.values.first ?? RedisConnection(configuration: configuration, loop: group.any())
    }

    /// Sends a command and gives its reply.
    ///
    /// - Parameter timeout: How long it may take in all; the configuration's `commandTimeout` where nil. No longer than
    ///   the call that this is for has time.
    /// - Throws: `RedisFailure`; an error reply is `.server`. Only a command that is read-only and whose connection
    ///   was lost is sent a second time.
    package func send<Command: RedisCommand>(
        _ command: Command, timeout: Duration? = nil
    ) async throws(RedisFailure) -> Command.Reply {
        let deadline = deadline(timeout)
        do {
            return try command.decode(await connection().exchange(command.encode(), deadline: deadline))
        } catch {
            guard Command.isReadOnly, error.kind == .unavailable, !error.provablyNotExecuted else { throw error }
            return try command.decode(await connection().exchange(command.encode(), deadline: deadline))
        }
    }

    /// Closes every connection. Commands that wait, and all later ones, fail with `.unavailable`.
    package func close() async {
        for connection in connections.values { await connection.close() }
        await first.close()
    }

    /// When a command that begins now is given up.
    func deadline(_ timeout: Duration?) -> Deadline {
        min(.after(timeout ?? configuration.commandTimeout), CallMeter.current?.deadline ?? .end)
    }

    func connection() -> RedisConnection {
        connections[ObjectIdentifier(group.any())] ?? first
    }
}
