internal import Logging
internal import Postgres
internal import Primitives
internal import Redis

/// Carries revocations from the database, which is the truth, to the Redis stream that every process reads.
///
/// A revocation is pushed right after its transaction; what that does not reach is pushed by `run`. An entry may be
/// pushed twice, which changes nothing.
struct RevocationPublisher: Sendable {
    static let stream = "causeway:revocations"
    /// About how many entries the stream keeps: more than are ever revoked within the life of an access token.
    static let entriesMax = 100_000
    private static let pushTimeout: Duration = .milliseconds(500)
    /// How often `run` looks for what was not pushed.
    private static let interval: Duration = .milliseconds(250)

    let database: Database
    let redis: RedisClient
    let clock: Clock
    let logger: Logger
    private let store = RevocationStore()

    init(database: Database, redis: RedisClient, clock: Clock, logger: Logger) {
        self.database = database
        self.redis = redis
        self.clock = clock
        self.logger = logger
    }

    /// Pushes what was just committed. Never throws: `run` comes after.
    func publish(_ revocations: [Revocation]) async {
        guard !revocations.isEmpty else { return }
        do {
            try await push(revocations)
        } catch {
            logger.warning("revocations were not pushed at once", metadata: ["reason": "\(error)"])
        }
    }

    /// Pushes the oldest that were not pushed, and gives their number.
    func publishPending() async throws -> Int {
        let pending = try await store.unpublished(in: database)
        guard !pending.isEmpty else { return 0 }
        try await push(pending)
        return pending.count
    }

    /// Pushes what is pending, again and again, until cancelled.
    func run() async {
        var isFailing = false
        while !Task.isCancelled {
            do {
                let count = try await publishPending()
                isFailing = false
                if count == RevocationStore.batchMax { continue }
            } catch {
                if !isFailing { logger.warning("revocations wait to be pushed", metadata: ["reason": "\(error)"]) }
                isFailing = true
            }
            try? await Task.sleep(for: Self.interval)
        }
    }

    private func push(_ revocations: [Revocation]) async throws {
        var pushed: [UUIDv7] = []
        var failure: RedisFailure?
        for revocation in revocations {
            do throws(RedisFailure) {
                let command = AppendToStream(Self.stream, revocation.fields, entriesMax: Self.entriesMax)
                _ = try await redis.send(command, timeout: Self.pushTimeout)
                pushed.append(revocation.id)
            } catch {
                failure = error
                break
            }
        }
        if !pushed.isEmpty { try await store.markPublished(pushed, at: clock.now, in: database) }
        if let failure { throw failure }
    }
}

extension Revocation {
    /// `sid`, or `acct` and `ep`; and `at` in microseconds since 1970. The format is final.
    fileprivate var fields: [RedisField] {
        var fields: [RedisField] = []
        if let session { fields.append(RedisField("sid", session.description)) }
        if let account, let epoch {
            fields.append(RedisField("acct", account.description))
            fields.append(RedisField("ep", String(epoch)))
        }
        return fields + [RedisField("at", String(revokedAt.microseconds))]
    }
}
