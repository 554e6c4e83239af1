package import Postgres

extension IdempotencyLedger {
    private static let pruneInterval: Duration = .seconds(60)
    /// Batches of one round: the rest waits for the next.
    private static let batchesMax = 100

    /// Deletes what has expired, now and every minute, until cancelled.
    package func keepPruned(_ observe: @Sendable (PostgresFailure) -> Void) async {
        while !Task.isCancelled {
            do {
                try await prune()
            } catch {
                observe(error)
            }
            try? await Task.sleep(for: Self.pruneInterval)
        }
    }

    /// Deletes what has expired.
    ///
    /// - Returns: how many answers it was.
    @discardableResult
    package func prune() async throws(PostgresFailure) -> Int {
        var count = 0
        for _ in 0..<Self.batchesMax {
            let deleted = try await database.execute(IdempotencyStatements.prune)
            count += deleted
            guard deleted == IdempotencyStatements.pruneRows else { break }
        }
        return count
    }
}
