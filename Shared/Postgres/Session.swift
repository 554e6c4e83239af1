/// Something that runs statements: the `Database` itself (each statement commits alone) or a `Transaction`.
package protocol Session: Sendable {
    /// Runs one statement. Callers use `first`, `one`, `all` and `execute`, which know the types.
    func run(_ statement: PreparedText, _ parameters: StatementParameters) async throws(PostgresFailure) -> QueryResult
}

extension Session {
    /// The one row, or nil where there is none; more than one is a fault.
    package func first<Row, each Parameter>(
        _ statement: Statement<Row, repeat each Parameter>, _ parameters: repeat each Parameter
    ) async throws(PostgresFailure) -> Row? {
        var encoded = StatementParameters()
        repeat encoded.append(each parameters)
        let result = try await run(statement.prepared, encoded)
        try statement.check(result)
        guard result.rowCount <= 1 else { throw statement.fault(.moreThanOneRow) }
        guard result.rowCount == 1 else { return nil }
        var reader = RowReader(result, row: 0)
        return try statement.decode(&reader)
    }

    /// The one row of a statement that always has one, such as `INSERT … RETURNING` or a count.
    package func one<Row, each Parameter>(
        _ statement: Statement<Row, repeat each Parameter>, _ parameters: repeat each Parameter
    ) async throws(PostgresFailure) -> Row {
        guard let row = try await first(statement, repeat each parameters) else { throw statement.fault(.noRow) }
        return row
    }

    /// All rows. They are in memory together, so the statement limits them.
    package func all<Row, each Parameter>(
        _ statement: Statement<Row, repeat each Parameter>, _ parameters: repeat each Parameter
    ) async throws(PostgresFailure) -> [Row] {
        var encoded = StatementParameters()
        repeat encoded.append(each parameters)
        let result = try await run(statement.prepared, encoded)
        try statement.check(result)
        var rows: [Row] = []
        rows.reserveCapacity(result.rowCount)
        for index in 0..<result.rowCount {
            var reader = RowReader(result, row: index)
            rows.append(try statement.decode(&reader))
        }
        return rows
    }

    /// Runs a statement for its effect and returns how many rows it affected.
    @discardableResult
    package func execute<each Parameter>(
        _ statement: Statement<Void, repeat each Parameter>, _ parameters: repeat each Parameter
    ) async throws(PostgresFailure) -> Int {
        var encoded = StatementParameters()
        repeat encoded.append(each parameters)
        return try await run(statement.prepared, encoded).affectedRows
    }
}

extension Statement {
    func fault(_ fault: PostgresFailure.ShapeFault) -> PostgresFailure {
        PostgresFailure(.shape(fault), statement: prepared.name.description)
    }
}
