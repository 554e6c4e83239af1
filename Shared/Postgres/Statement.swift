/// SQL with a name, typed parameters and a row: a value that lives as long as the program, usually a `static let`.
///
///     static let bySlug = Statement<ArticleRow, String>(
///         "content.article-by-slug", "SELECT id, slug, title FROM articles WHERE slug = $1", ArticleRow.init)
///
/// The text is a literal by type, so that nobody can join input into it. It is prepared once on each connection, at
/// its first use there. The row's initialiser names the columns' types in order; a result with other columns is a
/// fault that names this statement. A statement whose `Row` is `Void` is run with `execute`.
package struct Statement<Row: Sendable, each Parameter: PostgresEncodable>: Sendable {
    let prepared: PreparedText
    /// Refuses a result whose columns are not those of the row.
    let check: @Sendable (QueryResult) throws(PostgresFailure) -> Void
    let decode: @Sendable (inout RowReader) throws(PostgresFailure) -> Row

    /// - Parameters:
    ///   - name: appears in logs, metrics and the server's list of prepared statements; unique by convention.
    ///   - row: gets the columns in the order of the SQL.
    package init<each Column: PostgresDecodable>(
        _ name: StaticString, _ sql: StaticString, _ row: @escaping @Sendable (repeat each Column) -> Row
    ) {
        prepared = PreparedText(name: name, sql: sql, owner: Self.self, types: Self.parameterTypes())
        check = { (result) throws(PostgresFailure) in
            var types = ColumnChecker(result)
            repeat try types.check((each Column).self)
            try types.finish()
        }
        decode = { (reader) throws(PostgresFailure) in
            row(repeat try reader.next((each Column).self))
        }
    }

    /// A statement whose rows are one column.
    package init(_ name: StaticString, _ sql: StaticString) where Row: PostgresDecodable {
        self.init(name, sql) { (column: Row) in column }
    }

    /// A statement that changes something and returns no rows.
    package init(_ name: StaticString, _ sql: StaticString) where Row == Void {
        prepared = PreparedText(name: name, sql: sql, owner: Self.self, types: Self.parameterTypes())
        check = { (_) throws(PostgresFailure) in }
        decode = { (_) throws(PostgresFailure) in }
    }

    private static func parameterTypes() -> [UInt32] {
        var types: [UInt32] = []
        repeat types.append((each Parameter).postgresType.oid)
        return types
    }
}

/// The part of a statement that the driver needs, without its Swift types.
package struct PreparedText: Sendable {
    /// What makes two statements the same to a connection. Addresses of literals do not change while the program
    /// runs, and the number of literals bounds how many statements a connection can ever hold.
    struct Key: Hashable {
        let sql: UInt
        let owner: ObjectIdentifier
    }

    let name: StaticString
    let sql: StaticString
    let key: Key
    let parameterTypes: [UInt32]

    init(name: StaticString, sql: StaticString, owner: Any.Type, types: [UInt32]) {
        precondition(sql.hasPointerRepresentation, "a statement is longer than one character")
        self.name = name
        self.sql = sql
        key = Key(sql: unsafe UInt(bitPattern: sql.utf8Start), owner: ObjectIdentifier(owner))
        parameterTypes = types
    }
}
