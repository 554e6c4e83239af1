internal import Primitives

/// A connection of one's own outside any transaction, valid inside `Database.withSession`'s closure: for what
/// PostgreSQL refuses to do in a transaction. Each statement commits alone.
package final class AutocommitSession: Session {
    private let database: Database
    private let lease: Int

    fileprivate init(_ database: Database, lease: Int) {
        self.database = database
        self.lease = lease
    }

    package func run(
        _ statement: PreparedText, _ parameters: StatementParameters
    ) async throws(PostgresFailure) -> QueryResult {
        try database.checkSize(statement, parameters)
        CallMeter.current?.countStatement(statement.name)
        return try await run(Request(.statement(statement, parameters, preamble: nil)))
    }

    /// Runs one statement given as text, without parameters. The text is the program's own.
    package func run(script: String, name: String) async throws(PostgresFailure) {
        _ = try await run(Request(.script(name: name, sql: script)))
    }

    private func run(_ request: Request) async throws(PostgresFailure) -> QueryResult {
        let (database, lease) = (database, lease)
        return try await request.answer.wait(
            cancelled: .failure(PostgresFailure(.cancelled, statement: request.name))
        ) {
            database.driver.post(.leased(database.id, lease, request))
        } onCancel: {
            database.driver.post(.abort(database.id, lease))
        }.get()
    }
}

extension Database {
    /// Runs `body` with a whole connection, which is closed at its end: what was set on it or locked by it goes too.
    func withSession<Result>(_ body: (AutocommitSession) async throws -> Result) async throws -> Result {
        let lease = try await lease()
        defer { driver.post(.abort(id, lease)) }
        return try await body(AutocommitSession(self, lease: lease))
    }
}
