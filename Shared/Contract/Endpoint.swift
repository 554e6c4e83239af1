/// One operation of the suite, as a type.
///
/// From it come the service's routing, decoding and validation, the gateway's routing, limits and access rule, the
/// typed internal client and the OpenAPI document. Nothing about an operation is written twice.
@usableFromInline package protocol Endpoint: Sendable {
    /// Who may call: a handler gets a value of this type, and there is no other way to make one than from proof.
    associatedtype Caller: Principal
    associatedtype Input: Sendable
    associatedtype Output: Sendable
    /// The failures that a caller should expect, closed, so that the document can list them.
    associatedtype Failure: DeclaredFailure

    /// The operation's id in documents, metrics and logs. The default is the type's name with a small first letter.
    static var operationID: String { get }
    static var method: EndpointMethod { get }
    /// For example `/v1/articles/{article}/draft`; every `{name}` is a `.path` field of `input`.
    static var path: StaticString { get }
    static var policy: Policy { get }
    static var input: Shape<Input> { get }
    static var output: Answer<Output> { get }
    /// One line for people.
    static var summary: String { get }
    /// What the line leaves out, as CommonMark; empty by default.
    static var details: String { get }
}

extension Endpoint {
    package static var operationID: String {
        let name = String(describing: Self.self)
        return name.prefix(1).lowercased() + name.dropFirst()
    }

    package static var details: String { "" }
}

/// An endpoint's request method (RFC 9110, section 9). `HEAD` and `OPTIONS` are derived, never declared.
@usableFromInline package enum EndpointMethod: String, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"

    /// Whether the method is safe in the sense of RFC 9110, section 9.2.1.
    package var isSafe: Bool { self == .get }
}

/// The input of an endpoint that takes none, or the output of one that says nothing.
@usableFromInline package struct Nothing: Sendable, Hashable {
    package init() {}

    package static let shape = Shape<Nothing>(Nothing.init)
}
