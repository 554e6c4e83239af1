public import JSON

/// What fields are decoded from: the parts of a message, or one JSON object inside a body. A class, since every field
/// of a call gets it.
@usableFromInline package final class FieldSource: Sendable {
    @usableFromInline package let path: PathParameters
    @usableFromInline package let query: QueryParameters
    /// Looks a header field up by its lower-case name.
    @usableFromInline package let header: @Sendable (String) -> String?
    @usableFromInline package let body: JSONObject?
    /// What was sent instead of a body, where it says how a resource is to change and not what it is to be.
    @usableFromInline package let patch: JSONPatch?
    /// Where `body` stands in the whole body (RFC 6901); empty at its root.
    @usableFromInline package let bodyPointer: String
    /// Requests refuse members and parameters that are not declared; a client takes answers that have grown.
    @usableFromInline package let refusesUnknown: Bool

    @usableFromInline package init(
        path: PathParameters = PathParameters(), query: QueryParameters = QueryParameters(),
        header: @escaping @Sendable (String) -> String? = { _ in nil }, body: JSONObject? = nil,
        patch: JSONPatch? = nil, bodyPointer: String = "", refusesUnknown: Bool = true
    ) {
        self.path = path
        self.query = query
        self.header = header
        self.body = body
        self.patch = patch
        self.bodyPointer = bodyPointer
        self.refusesUnknown = refusesUnknown
    }

    /// The same as if `body` had been sent.
    func with(body: JSONObject?) -> FieldSource {
        FieldSource(
            path: path, query: query, header: header, body: body, patch: patch, bodyPointer: bodyPointer,
            refusesUnknown: refusesUnknown)
    }

    /// The value of a cookie (RFC 6265, section 4.2.1), or nil.
    @usableFromInline func cookie(_ name: String) -> String? {
        for pair in (header("cookie") ?? "").split(separator: ";") {
            let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0] == name { return String(parts[1]) }
        }
        return nil
    }

    /// Where a member of `body` stands in the whole body.
    ///
    /// - Parameter token: its name as a JSON Pointer.
    @inlinable func pointer(to token: String) -> String {
        bodyPointer.isEmpty ? token : bodyPointer + token
    }
}

/// The values of a path's `{name}`s, percent-decoded.
@usableFromInline package struct PathParameters: Sendable {
    package private(set) var values: [(name: String, value: String)]

    @usableFromInline package init(_ values: [(name: String, value: String)] = []) {
        self.values = values
    }

    @usableFromInline package subscript(_ name: String) -> String? {
        values.first { $0.name == name }?.value
    }
}

/// What fields are encoded into.
@usableFromInline package struct FieldSink: Sendable {
    @usableFromInline package var path: [(name: String, value: String)] = []
    @usableFromInline package var query: [(name: String, value: String)] = []
    @usableFromInline package var headers: [(name: String, value: String)] = []
    /// Stands inside an object that the caller opened and will close.
    @usableFromInline package var body: JSONWriter

    @usableFromInline package init(body: JSONWriter = JSONWriter()) {
        self.body = body
    }
}
