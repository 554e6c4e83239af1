/// The five-character code of an error (PostgreSQL documentation, appendix A).
package struct SQLState: Hashable, Sendable {
    package let code: String

    package init(_ code: String) {
        self.code = code
    }

    package static let uniqueViolation = SQLState("23505")
    package static let foreignKeyViolation = SQLState("23503")
    package static let notNullViolation = SQLState("23502")
    package static let checkViolation = SQLState("23514")
    package static let exclusionViolation = SQLState("23P01")
    package static let serializationFailure = SQLState("40001")
    package static let deadlockDetected = SQLState("40P01")
    package static let insufficientPrivilege = SQLState("42501")
    package static let undefinedTable = SQLState("42P01")
    package static let invalidText = SQLState("22021")
    /// `statement_timeout` ran out, or the statement was cancelled.
    package static let queryCancelled = SQLState("57014")
    package static let lockNotAvailable = SQLState("55P03")
    package static let tooManyConnections = SQLState("53300")
    package static let transactionAborted = SQLState("25P02")
    package static let unknownPreparedStatement = SQLState("26000")
    package static let featureNotSupported = SQLState("0A000")

    /// The server rolled everything back because of other transactions: the same again may succeed.
    var isRolledBackByNeighbours: Bool { self == .serializationFailure || self == .deadlockDetected }

    /// The server is going away, starting, or has no room: classes 57P and 53300 end the connection.
    var endsConnection: Bool { code.hasPrefix("57P") || code.hasPrefix("08") }
}
