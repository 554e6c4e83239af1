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
    ///   the call that this is for has time, whose end is a `.cancelled`.
    /// - Throws: `RedisFailure`; an error reply is `.server`. Only a command that is read-only and whose connection
    ///   was lost is sent a second time.
    package func send<Command: RedisCommand>(
        _ command: Command, timeout: Duration? = nil
    ) async throws(RedisFailure) -> Command.Reply {
        let time = time(timeout)
        do {
            return try command.decode(await ask(command.encode(), on: connection(), time))
        } catch {
            guard Command.isReadOnly, error.kind == .unavailable, !error.provablyNotExecuted else { throw error }
            return try command.decode(await ask(command.encode(), on: connection(), time))
        }
    }

    /// Closes every connection. Commands that wait, and all later ones, fail with `.unavailable`.
    package func close() async {
        for connection in connections.values { await connection.close() }
        await first.close()
    }

    /// Until when a command is awaited.
    struct CommandTime {
        let deadline: Deadline
        /// It ends with the call that the command is for, and not with what Redis may take.
        let isOfCall: Bool
    }

    /// The time of a command that begins now.
    func time(_ timeout: Duration?) -> CommandTime {
        let own = Deadline.after(timeout ?? configuration.commandTimeout)
        guard let call = CallMeter.current?.deadline, call < own else {
            return CommandTime(deadline: own, isOfCall: false)
        }
        return CommandTime(deadline: call, isOfCall: true)
    }

    func ask(
        _ arguments: RedisArguments, on connection: RedisConnection, _ time: CommandTime
    ) async throws(RedisFailure) -> RedisReply {
        do {
            return try await connection.exchange(arguments, deadline: time.deadline)
        } catch {
            // Where the call has no more time, nobody may take Redis for slow.
            guard time.isOfCall, error.kind == .timeout else { throw error }
            throw RedisFailure(
                .cancelled, provablyNotExecuted: error.provablyNotExecuted, message: "the call's time was over")
        }
    }

    func connection() -> RedisConnection {
        connections[ObjectIdentifier(group.any())] ?? first
    }
}
