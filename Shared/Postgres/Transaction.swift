internal import Primitives
internal import Synchronization

/// How much a transaction sees of others (PostgreSQL documentation, 13.2).
package enum Isolation: Sendable {
    case readCommitted
    /// One snapshot for the whole transaction; may fail as `.serializationFailure`.
    case repeatableRead
    /// As if transactions ran one after the other; may fail as `.serializationFailure`.
    case serializable
    /// One snapshot, and nothing can be written.
    case readOnlySnapshot

    private static let beginReadCommitted = Statement<Void>("postgres.begin", "BEGIN ISOLATION LEVEL READ COMMITTED")
    private static let beginRepeatableRead = Statement<Void>(
        "postgres.begin-repeatable", "BEGIN ISOLATION LEVEL REPEATABLE READ")
    private static let beginSerializable = Statement<Void>(
        "postgres.begin-serializable", "BEGIN ISOLATION LEVEL SERIALIZABLE")
    private static let beginReadOnly = Statement<Void>(
        "postgres.begin-read-only", "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    var begin: PreparedText {
        switch self {
        case .readCommitted: Self.beginReadCommitted.prepared
        case .repeatableRead: Self.beginRepeatableRead.prepared
        case .serializable: Self.beginSerializable.prepared
        case .readOnlySnapshot: Self.beginReadOnly.prepared
        }
    }
}

/// A transaction on a connection of its own, valid inside `Database.transaction`'s closure.
///
/// `BEGIN` travels with the first statement; an empty transaction costs nothing. A statement that fails dooms the
/// whole transaction: the server refuses every later one. Cancelling the task cancels the running statement and drops
/// the connection, which rolls back.
package final class Transaction: Session {
    private struct State {
        var hasBegun = false
        var hasEnded = false
    }

    private let database: Database
    private let lease: Int
    private let isolation: Isolation
    private let state = Mutex(State())

    init(_ database: Database, lease: Int, isolation: Isolation) {
        self.database = database
        self.lease = lease
        self.isolation = isolation
    }

    private static let commitStatement = Statement<Void>("postgres.commit", "COMMIT")
    private static let rollbackStatement = Statement<Void>("postgres.rollback", "ROLLBACK")

    package func run(
        _ statement: PreparedText, _ parameters: StatementParameters
    ) async throws(PostgresFailure) -> QueryResult {
        try database.checkSize(statement, parameters)
        let preamble = try begin(statement.name.description)
        CallMeter.current?.countStatement(statement.name)
        return try await run(Request(.statement(statement, parameters, preamble: preamble)))
    }

    /// Runs several statements given as one text, without parameters: for migrations and administration. The text is
    /// the program's own, with names from configuration quoted by `SQLQuote`; it never holds what a caller sent.
    package func run(script: String, name: String) async throws(PostgresFailure) {
        if let preamble = try begin(name) {
            let empty = Request(.statement(preamble, StatementParameters(), preamble: nil))
            _ = try await run(empty)
        }
        _ = try await run(Request(.script(name: name, sql: script)))
    }

    /// What must be sent first, if this is the first statement.
    private func begin(_ name: String) throws(PostgresFailure) -> PreparedText? {
        let (isFirst, hasEnded) = state.withLock { state in
            defer { if !state.hasEnded { state.hasBegun = true } }
            return (!state.hasBegun, state.hasEnded)
        }
        guard !hasEnded else { throw PostgresFailure(.transactionEnded, statement: name) }
        return isFirst ? isolation.begin : nil
    }

    private func run(_ request: Request) async throws(PostgresFailure) -> QueryResult {
        let (database, lease) = (database, lease)
        let start = Deadline.now
        let answer = await request.answer.wait(
            cancelled: .failure(PostgresFailure(.cancelled, isSafeToRetry: true, statement: request.name))
        ) {
            database.driver.post(.leased(database.id, lease, request))
        } onCancel: {
            database.driver.post(.abort(database.id, lease))
        }
        CallMeter.current?.addDatabaseTime(since: start)
        switch answer {
        case .success(let result): return result
        // Nothing of a transaction that never came to its COMMIT stays.
        case .failure(let failure) where failure.kind == .connectionLost: throw failure.madeSafeToRetry
        case .failure(let failure): throw failure
        }
    }

    /// Marks the end and tells whether anything was begun.
    private func end() -> Bool {
        state.withLock { state in
            state.hasEnded = true
            return state.hasBegun
        }
    }

    /// Commits. A lost connection leaves it unknown whether it did.
    func commit() async throws(PostgresFailure) {
        guard end() else { return release() }
        let request = Request(.statement(Self.commitStatement.prepared, StatementParameters(), preamble: nil))
        let start = Deadline.now
        let answer = await request.answer.wait {
            database.driver.post(.leased(database.id, lease, request))
        }
        CallMeter.current?.addDatabaseTime(since: start)
        release()
        // A transaction in which a statement failed answers a COMMIT with the tag ROLLBACK.
        guard try answer.get().commandTag == "COMMIT" else { throw PostgresFailure(.transactionAborted) }
    }

    /// Rolls back, also in a cancelled task. A connection that cannot is dropped, which does the same.
    func rollback() async {
        guard end() else { return release() }
        let request = Request(.statement(Self.rollbackStatement.prepared, StatementParameters(), preamble: nil))
        _ = await request.answer.wait {
            database.driver.post(.leased(database.id, lease, request))
        }
        release()
    }

    private func release() {
        database.driver.post(.release(database.id, lease))
    }
}

extension PostgresFailure {
    var madeSafeToRetry: PostgresFailure {
        PostgresFailure(kind, isSafeToRetry: true, statement: statement, privateDetail: privateDetail)
    }
}

extension Database {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// - Parameters:
    ///   - attemptsMax: how often `body` may run where Postgres gave up because of other transactions
    ///     (`isSafeToRetry` and a serialization failure or deadlock). `body` must then be safe to repeat.
    /// - Throws: what `body` throws, or the `PostgresFailure` of the lease or the commit.
    @discardableResult
    package func transaction<Result>(
        isolation: Isolation = .readCommitted, attemptsMax: Int = 1,
        _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        var attempt = 1
        while true {
            do {
                return try await attemptTransaction(isolation, body)
            } catch let failure as PostgresFailure
                where attempt < attemptsMax && failure.sqlState?.isRolledBackByNeighbours == true
            {
                attempt += 1
            }
        }
    }

    private func attemptTransaction<Result>(
        _ isolation: Isolation, _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        let transaction = Transaction(self, lease: try await lease(), isolation: isolation)
        let result: Result
        do {
            result = try await body(transaction)
        } catch {
            await transaction.rollback()
            throw error
        }
        try await transaction.commit()
        return result
    }

    func lease() async throws(PostgresFailure) -> Int {
        let waiter = Answer<Swift.Result<Int, PostgresFailure>>()
        let start = Deadline.now
        defer { CallMeter.current?.addConnectionWait(from: start) }
        return try await waiter.wait(cancelled: .failure(PostgresFailure(.cancelled, isSafeToRetry: true))) {
            driver.post(.lease(id, waiter))
        }.get()
    }
}
