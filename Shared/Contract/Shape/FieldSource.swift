package import JSON

/// What fields are decoded from: the parts of a message, or one JSON object inside a body.
package struct FieldSource: Sendable {
    package var path: PathParameters
    package var query: QueryParameters
    /// Looks a header field up by its lower-case name.
    package var header: @Sendable (String) -> String?
    package var body: JSONObject?
    /// What was sent instead of a body, where it says how a resource is to change and not what it is to be.
    package var patch: JSONPatch?
    /// Where `body` stands in the whole body (RFC 6901); empty at its root.
    package var bodyPointer: String
    /// Requests refuse members and parameters that are not declared; a client takes answers that have grown.
    package var refusesUnknown: Bool

    package init(
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

    /// The value of a cookie (RFC 6265, section 4.2.1), or nil.
    func cookie(_ name: String) -> String? {
        for pair in (header("cookie") ?? "").split(separator: ";") {
            let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0] == name { return String(parts[1]) }
        }
        return nil
    }

    func pointer(to member: String) -> String {
        bodyPointer + JSONPointer([member]).description
    }
}

/// The values of a path's `{name}`s, percent-decoded.
@usableFromInline package struct PathParameters: Sendable {
    package private(set) var values: [(name: String, value: String)]

    package init(_ values: [(name: String, value: String)] = []) {
        self.values = values
    }

    package subscript(_ name: String) -> String? {
        values.first { $0.name == name }?.value
    }
}

/// What fields are encoded into.
package struct FieldSink: Sendable {
    package var path: [(name: String, value: String)] = []
    package var query: [(name: String, value: String)] = []
    package var headers: [(name: String, value: String)] = []
    /// Stands inside an object that the caller opened and will close.
    package var body: JSONWriter

    package init(body: JSONWriter = JSONWriter()) {
        self.body = body
    }
}
