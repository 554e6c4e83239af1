package import Contract
package import Logging
package import NIOCore
internal import Primitives
internal import Protocol
package import Redis
internal import Synchronization

/// Keeps a revocation list current: reads the Redis stream that auth appends to, and asks auth itself at the start,
/// after the stream lost entries until auth has answered, and every second while Redis is silent.
package final class RevocationFeed: Sendable {
    package static let stream = "causeway:revocations"
    /// Silence of Redis after which auth is asked instead.
    package static let silenceMax: Duration = .seconds(3)

    private let list: RevocationList
    private let auth: any EndpointCaller
    private let reader: RedisStreamReader
    private let logger: Logger
    private let progress = Mutex(Progress())

    /// What auth was asked for. Counted, so that an answer to a question from before a loss does not settle it.
    private struct Progress {
        /// How often entries were missed; what was revoked before the start was missed too.
        var losses = 1
        /// The losses that an answer of auth has made good.
        var settledLosses = 0
        var answeredAt: Deadline?

        var isBehind: Bool { settledLosses < losses }
    }

    package init(
        list: RevocationList, auth: any EndpointCaller, redis: RedisConfiguration, group: any EventLoopGroup,
        logger: Logger
    ) {
        self.list = list
        self.auth = auth
        self.logger = logger
        reader = RedisStreamReader(
            configuration: redis, group: group, stream: Self.stream, start: .now, probesWrites: true)
    }

    /// Whether revocations were missed that auth has not told yet.
    var isBehind: Bool { progress.withLock { $0.isBehind } }

    /// For how long revocations may have been missed: neither Redis nor auth was heard, where what Redis says counts
    /// only while nothing is missing before it. Nil before auth has answered once.
    package var silence: Duration? {
        let progress = progress.withLock { $0 }
        guard let answeredAt = progress.answeredAt else { return nil }
        let sinceAnswer = Duration.nanoseconds(Int64(clamping: Deadline.now.nanoseconds &- answeredAt.nanoseconds))
        guard !progress.isBehind, let sinceRedis = reader.silence else { return sinceAnswer }
        return min(sinceAnswer, sinceRedis)
    }

    package func run() async {
        async let polling: Void = poll()
        await reader.run { event in await receive(event) }
        await polling
    }

    func receive(_ event: RedisStreamReader.Event) async {
        switch event {
        case .entries(let entries):
            for entry in entries { apply(entry) }
        case .started, .lost:
            progress.withLock { $0.losses += 1 }
            // Where this fails, `poll` goes on asking.
            await refetch()
        }
    }

    private func apply(_ entry: StreamEntry) {
        if let session = entry.text("sid").flatMap(SessionID.init) {
            list.revoke(session: session)
        } else if let account = entry.text("acct").flatMap(AccountID.init),
            let epoch = entry.text("ep").flatMap({ Int($0) })
        {
            list.revoke(account: account, belowEpoch: epoch)
        } else {
            logger.warning("a revocation could not be read", metadata: ["entry": "\(entry.id)"])
        }
    }

    /// Asks auth until nothing is missing any more, then whenever Redis is silent.
    private func poll() async {
        await refetch()
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(1))
            } catch {
                return
            }
            let isSilent = reader.silence.map { $0 > Self.silenceMax } ?? true
            if isSilent || isBehind { await refetch() }
        }
    }

    private func refetch() async {
        let losses = progress.withLock { $0.losses }
        guard let answer = try? await auth.call(ListRevocations.self, Nothing(), for: nil) else { return }
        for item in answer.items {
            if let session = item.session { list.revoke(session: session) }
            if let account = item.account, let epoch = item.epoch {
                list.revoke(account: account, belowEpoch: epoch)
            }
        }
        progress.withLock { progress in
            progress.settledLosses = max(progress.settledLosses, losses)
            progress.answeredAt = .now
        }
    }
}
