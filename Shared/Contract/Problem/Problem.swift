internal import JSON
internal import Primitives

/// One occurrence of a problem, printed as `application/problem+json` (RFC 9457).
@usableFromInline package struct Problem: Error, Sendable {
    package var kind: ProblemKind
    /// What is special about this occurrence; never an internal.
    package var detail: String?
    /// Every invalid value that was found.
    package var errors: [FieldFault]
    /// Printed as whole seconds, rounded up, in `Retry-After`.
    package var retryAfter: Duration?
    /// Header fields that the answer must carry, such as `Allow`.
    package var headers: [(name: String, value: String)]

    package init(
        _ kind: ProblemKind, detail: String? = nil, errors: [FieldFault] = [], retryAfter: Duration? = nil,
        headers: [(name: String, value: String)] = []
    ) {
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.retryAfter = retryAfter
        self.headers = headers
    }

    /// The media type of `body(requestID:)`.
    package static let contentType = "application/problem+json"

    /// The JSON document of this occurrence, whose `instance` is `urn:request:<requestID>`.
    package func body(requestID: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("type")
        writer.string("/problems/\(kind.code)")
        writer.name("title")
        writer.string(kind.title)
        writer.name("status")
        writer.integer(Int64(kind.status))
        if let detail {
            writer.name("detail")
            writer.string(detail)
        }
        writer.name("instance")
        writer.string("urn:request:\(requestID)")
        writer.name("code")
        writer.string(kind.code)
        if !errors.isEmpty {
            writer.name("errors")
            writer.beginArray()
            for fault in errors { fault.encode(into: &writer) }
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes
    }

    /// The header fields that belong to this occurrence: its own, `Retry-After`, and the challenge of a 401
    /// (RFC 6750, section 3).
    package var allHeaders: [(name: String, value: String)] {
        var all = headers
        if let retryAfter {
            all.append(("retry-after", String(max(1, (retryAfter.wholeMilliseconds + 999) / 1000))))
        }
        if kind.status == 401 {
            let error = kind == .unauthenticated ? "" : ", error=\"invalid_token\""
            all.append(("www-authenticate", "Bearer realm=\"causeway\"\(error)"))
        }
        return all
    }
}
