internal import Contract
internal import ServiceKit

/// Which header fields pass between clients and services: what HTTP itself gives a meaning to here, and what contracts
/// declare.
struct PassingHeaders: Sendable {
    let requests: HeaderAllowList
    let answers: HeaderAllowList

    /// From those operations alone whose contract sets cookies.
    static let cookies = HeaderAllowList(["set-cookie"])

    init(endpoints: [EndpointDescription]) {
        let open = endpoints.filter { $0.policy.visibility == .public }
        requests = HeaderAllowList(
            Self.requestNames + open.flatMap { Self.headers(of: $0.input) }.filter { !Self.reserved.contains($0) })
        answers = HeaderAllowList(
            Self.answerNames
                + open.flatMap { $0.answers.flatMap { Self.headers(of: $0.fields) } }
                .filter { !Self.reserved.contains($0) })
    }

    private static func headers(of fields: [FieldDescription]) -> [String] {
        fields.filter { $0.place == .header }.map(\.name)
    }

    /// What a page may read of an answer.
    var readable: [String] {
        (answers.names + ["ratelimit", "ratelimit-policy", "x-request-id", "cache-status", "proxy-status"]).sorted()
    }

    /// Negotiation, conditions and the body's description (RFC 9110, sections 8, 12 and 13), and the key of a POST.
    private static let requestNames = [
        "accept", "accept-language", "content-type", "content-length", "content-language", "if-match", "if-none-match",
        "if-modified-since", "if-unmodified-since", IdempotencyKey.header,
    ]

    /// Not `server`, `date` or any field that the edge sets itself.
    private static let answerNames = [
        "content-type", "content-length", "content-encoding", "content-language", "content-disposition", "etag",
        "last-modified",
        "location", "link", "cache-control", "vary", "allow", "accept-post", "accept-patch", "retry-after",
        "www-authenticate", "deprecation", "sunset", IdempotencyKey.replayedHeader,
    ]

    /// Set by the edge alone, even where a contract should name them.
    private static let reserved: Set<String> = [
        InternalHeaders.requestID, InternalHeaders.traceparent, InternalHeaders.deadline, InternalHeaders.caller,
        "authorization", "cookie", "set-cookie", "connection", "transfer-encoding", "upgrade", "host",
    ]
}
