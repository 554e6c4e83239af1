package import NIOCore
package import Primitives
internal import Synchronization

/// Reads one stream as it grows, on a connection of its own, for as long as its task runs.
package final class RedisStreamReader: Sendable {
    package enum Start: Hashable, Sendable {
        /// Only what is added from now on.
        case now
        /// What was added after this entry; `StreamID.zero` is everything that is there.
        case after(StreamID)
    }

    package enum Event: Hashable, Sendable {
        /// The reader stands in the stream: what is added from here on will be told. Sent once, before the first
        /// entries, so that the owner can fetch the truth without missing a change.
        case started
        /// New entries, oldest first.
        case entries([StreamEntry])
        /// Entries may have been lost.
        case lost(StreamLoss)
    }

    /// Entries that one read takes.
    private static let batchMax = 512

    private let connection: RedisConnection
    private let stream: String
    private let start: Start
    private let blockTime: Duration
    private let replyTimeout: Duration
    private let backoff: Backoff
    private let probesWrites: Bool
    private let contact = Mutex<Deadline?>(nil)

    /// - Parameters:
    ///   - blockTime: How long one read waits for entries; at most a second, so that silence is noticed.
    ///   - probesWrites: Whether Redis counts as silent while it takes no writes (out of memory, a full disk, a
    ///     replica): nobody can add an entry then, and an empty read means nothing.
    package init(
        configuration: RedisConfiguration, group: any EventLoopGroup, stream: String, start: Start,
        blockTime: Duration = .seconds(1), probesWrites: Bool = false
    ) {
        self.stream = stream
        self.probesWrites = probesWrites
        self.start = start
        self.blockTime = min(blockTime, .seconds(1))
        replyTimeout = self.blockTime + configuration.commandTimeout
        backoff = Backoff(configuration.backoff)
        var configuration = configuration
        // A read that waits is no stall.
        configuration.stallTimeout = max(configuration.stallTimeout, replyTimeout * 2)
        connection = RedisConnection(configuration: configuration, loop: group.next())
    }

    /// When Redis last told all that there is, be it nothing; nil: never. Older than some three seconds, it is silent.
    package var lastContact: Deadline? { contact.withLock { $0 } }

    /// How long ago that was; nil: never.
    package var silence: Duration? {
        lastContact.map { contact in
            .nanoseconds(Int64(clamping: Deadline.now.nanoseconds) - Int64(clamping: contact.nanoseconds))
        }
    }

    /// Reads until the task is cancelled, and gives every event in order, one at a time. While Redis is gone it tries
    /// again and again, then goes on after the last entry that it gave.
    package func run(_ receive: (Event) async -> Void) async {
        var position: StreamPosition?
        var failures = 0
        while !Task.isCancelled {
            do throws(RedisFailure) {
                if let known = position {
                    position = try await read(from: known, receive)
                } else {
                    position = try await begin(receive)
                }
                failures = 0
            } catch {
                failures += 1
                try? await Task.sleep(for: backoff.pause(attempt: failures))
            }
        }
        await connection.close()
    }

    private func begin(_ receive: (Event) async -> Void) async throws(RedisFailure) -> StreamPosition {
        let info = try await describe()
        let loss: StreamLoss?
        var position: StreamPosition
        switch start {
        case .now:
            position = StreamPosition(afterAllOf: info)
            loss = nil
        case .after(let id):
            position = StreamPosition(after: id)
            loss = position.check(info)
        }
        do throws(RedisFailure) { try await confirm() } catch {}
        await receive(.started)
        if let loss { await receive(.lost(loss)) }
        return position
    }

    private func read(
        from start: StreamPosition, _ receive: (Event) async -> Void
    ) async throws(RedisFailure) -> StreamPosition {
        var position = start
        let command = ReadStream(stream, after: position.id, countMax: Self.batchMax, block: blockTime)
        let entries = try await send(command)
        if !entries.isEmpty {
            position.advance(over: entries)
            await receive(.entries(entries))
        }
        // What was given must not be given again, so a failure from here on is for the next read to meet.
        let info: StreamInfo?
        do throws(RedisFailure) {
            info = try await describe()
            try await confirm()
        } catch { return position }
        if let loss = position.check(info) { await receive(.lost(loss)) }
        return position
    }

    /// What the stream says of itself; nil where there is none.
    private func describe() async throws(RedisFailure) -> StreamInfo? {
        do throws(RedisFailure) {
            return try await send(DescribeStream(stream))
        } catch {
            // The only error that this command has beside a key of another type, which has a code of its own.
            if error.kind == .server(code: "ERR"), error.message.contains("no such key") { return nil }
            throw error
        }
    }

    private func send<Command: RedisCommand>(_ command: Command) async throws(RedisFailure) -> Command.Reply {
        let reply = try await connection.exchange(command.encode(), deadline: .after(replyTimeout))
        return try command.decode(reply)
    }

    /// Notes that Redis was heard, if what it says means that there is no more.
    private func confirm() async throws(RedisFailure) {
        if probesWrites { _ = try await send(SetValue("\(stream):probe", to: "", lifetime: .seconds(60))) }
        contact.withLock { $0 = .now }
    }
}
