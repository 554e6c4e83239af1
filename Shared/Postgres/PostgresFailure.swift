/// Why a statement gave no answer.
///
/// `description` is bland on purpose: it holds no SQL, no value and no message of the server. What an operator needs is
/// in `privateDetail`, which goes to the log and never into a response.
package struct PostgresFailure: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// The server refused the statement.
        case server(ServerError)
        /// The connection went away after the statement was sent: it may or may not have run.
        case connectionLost
        /// No connection could be had; nothing was sent.
        case unavailable
        /// The statement, or the wait for a connection, took longer than it may.
        case timeout
        /// The queue is at its limit; nothing was sent.
        case tooManyWaiters
        /// The task was cancelled. What had been sent on a shared connection still runs to its end.
        case cancelled
        /// The database was closed; nothing was sent.
        case closed
        /// A statement inside the transaction failed, so that the server rolled back what was to be committed.
        case transactionAborted
        /// The transaction was used after its end.
        case transactionEnded
        /// The parameters are larger than `PostgresConfiguration.parameterBytesMax`.
        case parametersTooLarge
        /// A bug: the result does not have the columns or the number of rows that the statement declares.
        case shape(ShapeFault)
    }

    package let kind: Kind
    /// True only where the statement provably left no trace: it was never sent, or the server rolled it back because
    /// of its neighbours (serialization failure, deadlock).
    package let isSafeToRetry: Bool
    /// The statement's name, where one was involved.
    package let statement: String?
    /// For the log only: the server's or libpq's words, which may hold values.
    package let privateDetail: String

    package init(_ kind: Kind, isSafeToRetry: Bool = false, statement: String? = nil, privateDetail: String = "") {
        self.kind = kind
        self.isSafeToRetry = isSafeToRetry
        self.statement = statement
        self.privateDetail = privateDetail
    }

    package var description: String {
        let subject = statement.map { " (\($0))" } ?? ""
        return switch kind {
        case .server(let error): "the database refused the statement: \(error.sqlState.code)\(subject)"
        case .connectionLost: "the database connection was lost\(subject)"
        case .unavailable: "the database is unavailable\(subject)"
        case .timeout: "the database took too long\(subject)"
        case .tooManyWaiters: "too many callers wait for the database\(subject)"
        case .cancelled: "the caller gave up\(subject)"
        case .closed: "the database is closed\(subject)"
        case .transactionAborted: "the transaction was rolled back"
        case .transactionEnded: "the transaction has ended\(subject)"
        case .parametersTooLarge: "the statement's parameters are too large\(subject)"
        case .shape(let fault): "the statement does not fit its result: \(fault)\(subject)"
        }
    }

    /// The server's code, where the server refused the statement.
    package var sqlState: SQLState? {
        if case .server(let error) = kind { error.sqlState } else { nil }
    }

    /// True where the server refused the statement because of the constraint called `name`.
    package func violates(_ name: String) -> Bool {
        if case .server(let error) = kind { error.constraint == name } else { false }
    }
}

extension PostgresFailure {
    /// What the server said, without its message: names of things in the schema, never values.
    package struct ServerError: Sendable, Hashable {
        package let sqlState: SQLState
        package let constraint: String?
        package let schema: String?
        package let table: String?
        package let column: String?
    }

    /// How a result differs from its declaration.
    package enum ShapeFault: Sendable, Hashable, CustomStringConvertible {
        case columns(expected: Int, found: Int)
        /// The column's type is not one that the Swift type reads (`oid` is the type's number in `pg_type`).
        case type(column: String, oid: UInt32)
        case value(column: String, CellFault)
        case moreThanOneRow
        case noRow
        /// The answer is of a kind that no statement gives, such as the start of a copy.
        case unexpectedAnswer

        package var description: String {
            switch self {
            case .columns(let expected, let found): "\(found) columns instead of \(expected)"
            case .type(let column, let oid): "column \(column) has the type \(oid)"
            case .value(let column, let fault): "column \(column): \(fault)"
            case .moreThanOneRow: "more than one row"
            case .noRow: "no row"
            case .unexpectedAnswer: "an unexpected kind of answer"
            }
        }
    }
}

/// Why one value of a row cannot be read as the Swift type that the statement declares.
package enum CellFault: Error, Sendable, Hashable {
    case unexpectedNull
    case wrongLength
    case invalidText
    case outOfRange
    case unknownValue
}
