/// The failures that an endpoint declares. A case's raw value is a problem code.
@usableFromInline package protocol DeclaredFailure: RawRepresentable<String>, CaseIterable, Sendable, Hashable {}

/// An endpoint with no failure of its own.
package enum NoFailure: String, DeclaredFailure {
    case none

    package static var allCases: [NoFailure] { [] }
}

/// What a handler throws to answer with a declared failure.
package struct Rejection<Failure: DeclaredFailure>: RejectionProtocol {
    package let failure: Failure
    package let detail: String?
    package let errors: [FieldFault]
    package let retryAfter: Duration?
    package let headers: [(name: String, value: String)]

    package init(
        _ failure: Failure, detail: String? = nil, errors: [FieldFault] = [], retryAfter: Duration? = nil,
        headers: [(name: String, value: String)] = []
    ) {
        self.failure = failure
        self.detail = detail
        self.errors = errors
        self.retryAfter = retryAfter
        self.headers = headers
    }

    package var code: String { failure.rawValue }
}

/// A rejection whose failure type has been forgotten, for the one place that turns errors into answers.
package protocol RejectionProtocol: Error, Sendable {
    var code: String { get }
    var detail: String? { get }
    var errors: [FieldFault] { get }
    var retryAfter: Duration? { get }
    var headers: [(name: String, value: String)] { get }
}
