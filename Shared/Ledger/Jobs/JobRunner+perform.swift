internal import Postgres
internal import Primitives

extension JobRunner {
    /// Characters of a failure's detail that the table keeps.
    private static let detailLengthMax = 1000

    /// Runs one claimed job and records how it went.
    func perform(_ job: Job) async {
        guard let handler = handlers[job.kind] else { return }
        let leaseEnd = Deadline.after(settings.lease)
        let start = ContinuousClock.now
        let failure = await outcome(of: job, handler)
        // A stop by cancellation says nothing about the job: its lease ends, and another runner takes it.
        if failure != nil, Task.isCancelled { return }
        switch failure {
        case nil:
            await record(job, until: leaseEnd, .done(job, took: ContinuousClock.now - start)) {
                () async throws(PostgresFailure) in
                try await self.database.execute(JobStatements.finish, job.id, job.attempt)
            }
        case .temporary(let detail) where !job.isLastAttempt:
            var generator = SystemRandomNumberGenerator()
            let delay = settings.schedule.delay(afterAttempt: job.attempt, using: &generator)
            let kept = String(detail.prefix(Self.detailLengthMax))
            await record(job, until: leaseEnd, .willRetry(job, after: delay, detail: kept)) {
                () async throws(PostgresFailure) in
                try await self.database.execute(JobStatements.retry, job.id, job.attempt, delay.inSeconds, kept)
            }
        case .temporary(let detail), .permanent(let detail):
            let kept = String(detail.prefix(Self.detailLengthMax))
            await record(job, until: leaseEnd, .died(job, detail: kept)) { () async throws(PostgresFailure) in
                try await self.database.execute(JobStatements.kill, job.id, job.attempt, kept)
            }
        }
    }

    /// Runs the handler, cancelled when the lease nears its end; nil where it returned.
    private func outcome(of job: Job, _ handler: @escaping Handler) async -> JobFailure? {
        let patience = settings.lease / 5 * 4
        return await withTaskGroup(of: JobFailure??.self) { group in
            group.addTask {
                do throws(JobFailure) {
                    try await handler(job)
                    return .some(nil)
                } catch {
                    return .some(error)
                }
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            // The timer comes first: cancel the handler, then take what it says, since it may be done by then.
            let first = await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            let late = await group.next() ?? nil
            guard let late else { return .temporary("it took too long") }
            return late.map { _ in .temporary("it took too long") }
        }
    }

    /// Writes an outcome down, again and again while the database is away and the lease lasts.
    private func record(
        _ job: Job, until leaseEnd: Deadline, _ observation: JobObservation,
        _ write: () async throws(PostgresFailure) -> Int
    ) async {
        while true {
            do {
                let rows = try await write()
                observe(rows == 1 ? observation : .leaseLost(job))
                return
            } catch {
                observe(.databaseFailed(error))
                guard error.isSafeToRetry || error.kind == .connectionLost, !leaseEnd.hasPassed, !Task.isCancelled
                else { return }
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
    }
}
