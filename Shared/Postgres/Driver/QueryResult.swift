internal import CPostgres

/// The answer to one statement, read in place.
///
/// `@unchecked Sendable`: a `PGresult` is never written after libpq returned it, so that any thread may read it (libpq
/// documentation, "Behavior in Threaded Programs"); this class owns it and frees it once.
@safe package final class QueryResult: @unchecked Sendable {
    private let result: OpaquePointer
    let statement: String
    package let rowCount: Int
    let columnCount: Int

    init(taking result: OpaquePointer, of statement: String) {
        unsafe self.result = unsafe result
        self.statement = statement
        rowCount = unsafe Int(PQntuples(result))
        columnCount = unsafe Int(PQnfields(result))
    }

    deinit {
        unsafe PQclear(result)
    }

    /// Rows inserted, updated, deleted or selected.
    package var affectedRows: Int {
        unsafe Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    /// The command's tag, such as `COMMIT`.
    var commandTag: String { unsafe String(cString: PQcmdStatus(result)) }

    func columnType(_ column: Int) -> PostgresType {
        unsafe PostgresType(oid: PQftype(result, Int32(column)))
    }

    func columnName(_ column: Int) -> String {
        guard let name = unsafe PQfname(result, Int32(column)) else { return "\(column + 1)" }
        return unsafe String(cString: name)
    }

    func isBinary(_ column: Int) -> Bool { unsafe PQfformat(result, Int32(column)) == 1 }

    /// Hands the column's bytes to `read`, nil for NULL.
    func withCell<Value>(
        row: Int, column: Int, _ read: (RawSpan?) throws(CellFault) -> Value
    ) throws(CellFault) -> Value {
        if unsafe PQgetisnull(result, Int32(row), Int32(column)) != 0 { return try read(nil) }
        let length = unsafe Int(PQgetlength(result, Int32(row), Int32(column)))
        let bytes = unsafe UnsafeRawBufferPointer(
            start: PQgetvalue(result, Int32(row), Int32(column)), count: length)
        return try unsafe read(bytes.bytes)
    }
}

/// Reads one row from left to right.
package struct RowReader {
    private let result: QueryResult
    private let row: Int
    private var column = 0

    init(_ result: QueryResult, row: Int) {
        self.result = result
        self.row = row
    }

    mutating func next<Column: PostgresDecodable>(_: Column.Type) throws(PostgresFailure) -> Column {
        let column = column
        self.column += 1
        do {
            return try result.withCell(row: row, column: column) { (bytes) throws(CellFault) -> Column in
                guard let bytes else { return try Column.decodeNull() }
                return try Column.decode(bytes, as: result.columnType(column))
            }
        } catch {
            throw PostgresFailure(
                .shape(.value(column: result.columnName(column), error)), statement: result.statement)
        }
    }
}

/// Holds a result's columns against the types that a row reads.
struct ColumnChecker {
    private let result: QueryResult
    private var column = 0

    init(_ result: QueryResult) {
        self.result = result
    }

    mutating func check(_ type: any PostgresDecodable.Type) throws(PostgresFailure) {
        defer { column += 1 }
        guard column < result.columnCount else { return }
        let found = result.columnType(column)
        guard type.reads(found), result.isBinary(column) else {
            throw PostgresFailure(
                .shape(.type(column: result.columnName(column), oid: found.oid)), statement: result.statement)
        }
    }

    func finish() throws(PostgresFailure) {
        guard column == result.columnCount else {
            throw PostgresFailure(
                .shape(.columns(expected: column, found: result.columnCount)), statement: result.statement)
        }
    }
}
