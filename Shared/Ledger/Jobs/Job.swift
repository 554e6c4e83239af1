package import Contract
package import Postgres
package import Primitives

/// Names jobs' identifiers.
package enum JobSubject {}
package typealias JobID = Identifier<JobSubject>

/// What a job is about, and so which handler runs it.
package struct JobKind: Hashable, Sendable, ExpressibleByStringLiteral {
    package let name: String

    package init(_ name: String) {
        self.name = name
    }

    package init(stringLiteral name: String) {
        self.name = name
    }
}

/// Work that was promised by a transaction and is done after it.
package struct Job: Sendable, Hashable {
    package let id: JobID
    package let kind: JobKind
    package let payload: JSONBytes
    /// 1 for the first run. A run that vanished counts too.
    package let attempt: Int
    package let attemptsMax: Int
    package let createdAt: Timestamp
    /// What the job is done once by; the same for every attempt, as `id` is. For calls that the job makes in turn.
    package let key: IdempotencyKey?

    package var isLastAttempt: Bool { attempt >= attemptsMax }
}

/// How a handler says that a job is not done. The detail is kept in the table for an operator: no secrets.
package enum JobFailure: Error, Sendable, Hashable {
    /// May work later.
    case temporary(String)
    /// Will never work: the job dies at once.
    case permanent(String)

    var detail: String {
        switch self {
        case .temporary(let detail), .permanent(let detail): detail
        }
    }
}

/// What a runner tells whoever logs and counts.
package enum JobObservation: Sendable {
    case done(Job, took: Duration)
    case willRetry(Job, after: Duration, detail: String)
    case died(Job, detail: String)
    /// Runs that vanished on their last attempt.
    case buried(count: Int)
    /// The outcome came after the lease had ended: another runner has or had the job.
    case leaseLost(Job)
    case databaseFailed(PostgresFailure)
}
