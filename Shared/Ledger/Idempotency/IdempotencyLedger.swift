internal import Contract
package import Postgres

/// The answers that a service keeps for calls with an `Idempotency-Key`, in the table `idempotency_answers` of its
/// schema.
///
/// An answer is there if and only if its effect is: both commit together. Only successes are kept; a call that failed
/// had no effect and is judged anew. A call is in flight as long as its transaction holds the advisory lock of its
/// scope, so that nothing is left to be tidied when a process or a connection dies.
package struct IdempotencyLedger: Sendable {
    /// For the service's list of migrations. `scope`, `fingerprint`: see `IdempotencyClaim`. The key itself is not
    /// kept. `headers` are names and values by turns.
    package static let migrationSQL = """
        CREATE TABLE idempotency_answers (
            scope bytea PRIMARY KEY CHECK (octet_length(scope) = 32),
            caller text NOT NULL,
            operation text NOT NULL,
            fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
            status bigint NOT NULL CHECK (status BETWEEN 200 AND 399),
            headers text[] NOT NULL,
            body bytea,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL
        );
        CREATE INDEX idempotency_answers_expiry ON idempotency_answers (expires_at);
        """

    /// The most that is kept of one answer, in bytes of its header fields and body. No keyed operation comes near it.
    package static let answerBytesMax = 4 * 1024 * 1024

    let database: Database
    let lifetime: Duration

    /// - Parameter lifetime: how long an answer is kept.
    package init(_ database: Database, lifetime: Duration = .seconds(86_400)) {
        self.database = database
        self.lifetime = lifetime
    }

    /// The answer that is kept for calls of the claim's scope.
    func answer(to claim: IdempotencyClaim) async throws(PostgresFailure) -> KeptAnswer? {
        try await database.first(IdempotencyStatements.find, claim.scope)
    }

    /// Marks the call as in flight until the transaction ends.
    ///
    /// - Throws: `Problem` where another call of the same scope is.
    func begin(_ claim: IdempotencyClaim, in transaction: Transaction) async throws {
        let isFree = try await transaction.one(IdempotencyStatements.lock, claim.lockNumber)
        guard isFree else { throw Problem(.idempotencyInFlight, retryAfter: .seconds(1)) }
    }

    /// Keeps the answer with what else the transaction does.
    ///
    /// - Throws: upon which the transaction must not commit: `IdempotencyFault`, or the `Problem` that another call of
    ///   the scope committed between the look at the table and the lock, which a second look will see.
    func keep(_ answer: EncodedAnswer, for claim: IdempotencyClaim, in transaction: Transaction) async throws {
        let headers = answer.headers.flatMap { [$0.name, $0.value] }
        let bytes = headers.reduce(answer.body?.count ?? 0) { $0 + $1.utf8.count }
        guard bytes <= Self.answerBytesMax else { throw IdempotencyFault.answerTooLarge(bytes: bytes) }
        let isNew = try await transaction.execute(
            IdempotencyStatements.keep, claim.scope, claim.caller, claim.operationID, claim.fingerprint,
            answer.status, headers, answer.body, lifetime.inSeconds)
        guard isNew == 1 else { throw Problem(.idempotencyInFlight, retryAfter: .seconds(1)) }
    }
}

/// A bug of a keyed operation.
enum IdempotencyFault: Error {
    case answerTooLarge(bytes: Int)
}

extension IdempotencyClaim {
    /// The number of the advisory lock. Advisory locks are shared by the whole database; the scope is one of 2²⁵⁶, so
    /// that its first 64 bits meet no other lock but by an accident that ends as a 409.
    var lockNumber: Int64 {
        scope.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }
}
