internal import Ledger
internal import Logging
internal import Postgres
internal import Primitives

/// Deletes what nobody needs any more, so that no table grows without end. The audit is never deleted from.
struct Housekeeping: Sendable {
    private static let interval: Duration = .seconds(3600)
    /// How long published revocations are kept: far longer than any access token lives.
    private static let revocationHistory: Duration = .seconds(86_400)
    /// As many rows as one statement of the stores deletes.
    private static let batchRows = 500
    /// Batches of one round: the rest waits for the next.
    private static let batchesMax = 100

    let database: Database
    let sessionHistory: Duration
    let clock: Clock
    let logger: Logger
    private let sessions = SessionStore()
    private let revocations = RevocationStore()

    init(database: Database, sessionHistory: Duration, clock: Clock, logger: Logger) {
        self.database = database
        self.sessionHistory = sessionHistory
        self.clock = clock
        self.logger = logger
    }

    /// Works until cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                try await tidy()
            } catch {
                logger.warning("housekeeping was broken off", metadata: ["reason": "\(error)"])
            }
            try? await Task.sleep(for: Self.interval)
        }
    }

    func tidy() async throws {
        let now = clock.now
        try await inBatches { try await sessions.prune(endedBefore: now - sessionHistory, in: database) }
        try await IdempotencyLedger(database).prune()
        try await inBatches {
            try await revocations.prune(revokedBefore: now - Self.revocationHistory, in: database)
        }
    }

    private func inBatches(_ delete: () async throws -> Int) async throws {
        for _ in 0..<Self.batchesMax {
            guard try await delete() == Self.batchRows else { return }
        }
    }
}
