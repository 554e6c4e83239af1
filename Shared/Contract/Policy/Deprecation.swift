package import Primitives

/// What those are told who still call an operation that is to go. It stands on every answer of the operation, and in
/// OpenAPI.
package struct Deprecation: Sendable, Hashable {
    /// From when on nobody should call it any more (RFC 9745).
    package let since: Timestamp
    /// From when on it may be gone (RFC 8594); nil where nobody knows yet.
    package let sunset: Timestamp?
    /// The path of what takes its place, without parameters; nil where nothing does.
    package let successor: String?

    package init(since: Timestamp, sunset: Timestamp? = nil, successor: String? = nil) {
        self.since = since
        self.sunset = sunset
        self.successor = successor
    }

    /// The header fields that say so.
    package var headers: [(name: String, value: String)] {
        var headers = [(name: "deprecation", value: "@\(since.seconds)")]
        if let sunset { headers.append(("sunset", sunset.httpDate)) }
        if let successor { headers.append(("link", "<\(successor)>; rel=\"successor-version\"")) }
        return headers
    }
}
