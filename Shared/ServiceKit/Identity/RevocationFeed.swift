package import Contract
package import Logging
package import NIOCore
internal import Primitives
internal import Protocol
package import Redis
internal import Synchronization

/// Keeps a revocation list current: reads the Redis stream that auth appends to, and asks auth itself at the start,
/// after the stream lost entries, and every second while Redis is silent.
package final class RevocationFeed: Sendable {
    package static let stream = "causeway:revocations"
    /// Silence of Redis after which auth is asked instead.
    package static let silenceMax: Duration = .seconds(3)

    private let list: RevocationList
    private let auth: any EndpointCaller
    private let reader: RedisStreamReader
    private let logger: Logger
    private let lastPoll = Mutex<Deadline?>(nil)

    package init(
        list: RevocationList, auth: any EndpointCaller, redis: RedisConfiguration, group: any EventLoopGroup,
        logger: Logger
    ) {
        self.list = list
        self.auth = auth
        self.logger = logger
        reader = RedisStreamReader(
            configuration: redis, group: group, stream: Self.stream, start: .now)
    }

    /// How long neither Redis nor auth has been heard; nil before the first contact.
    package var silence: Duration? {
        let sincePoll = lastPoll.withLock { $0 }.map {
            Duration.nanoseconds(Int64(Deadline.now.nanoseconds - $0.nanoseconds))
        }
        return [reader.silence, sincePoll].compactMap { $0 }.min()
    }

    package func run() async {
        async let polling: Void = poll()
        await reader.run { event in await receive(event) }
        await polling
    }

    private func receive(_ event: RedisStreamReader.Event) async {
        switch event {
        case .entries(let entries):
            for entry in entries { apply(entry) }
        case .started, .lost: await refetch()
        }
    }

    private func apply(_ entry: StreamEntry) {
        let at = entry.text("at").flatMap { Int64($0) }.map(Timestamp.init(microseconds:)) ?? .now
        if let session = entry.text("sid").flatMap(SessionID.init) {
            list.revoke(session: session, at: at)
        } else if let account = entry.text("acct").flatMap(AccountID.init),
            let epoch = entry.text("ep").flatMap({ Int($0) })
        {
            list.revoke(account: account, belowEpoch: epoch, at: at)
        } else {
            logger.warning("a revocation could not be read", metadata: ["entry": "\(entry.id)"])
        }
    }

    /// Asks auth at the start until it has answered once, then whenever Redis is silent.
    private func poll() async {
        var hasAnswered = await refetch()
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(1))
            } catch {
                return
            }
            let isSilent = reader.silence.map { $0 > Self.silenceMax } ?? true
            if !hasAnswered || isSilent { hasAnswered = await refetch() || hasAnswered }
        }
    }

    @discardableResult
    private func refetch() async -> Bool {
        do {
            let answer = try await auth.call(ListRevocations.self, Nothing(), for: nil)
            for item in answer.items {
                if let session = item.session { list.revoke(session: session, at: item.revokedAt) }
                if let account = item.account, let epoch = item.epoch {
                    list.revoke(account: account, belowEpoch: epoch, at: item.revokedAt)
                }
            }
            lastPoll.withLock { $0 = .now }
            return true
        } catch {
            return false
        }
    }
}
