internal import HTTP

/// Which header fields pass to and from an upstream that is none of the suite's.
///
/// What the suite itself believes stays here: credentials, cookies, identity, forwarding and internal fields. An
/// operator may name more, cookies among them; those of the suite are cut out even then.
struct StaticFields: Sendable {
    let requests: HeaderAllowList
    let answers: HeaderAllowList
    private let passesCookies: Bool

    init(_ route: StaticRoute) {
        requests = HeaderAllowList(Self.requestNames + route.headers.filter { $0 != "cookie" })
        answers = HeaderAllowList(
            Self.answerNames + route.headers + (route.headers.contains("cookie") ? ["set-cookie"] : []))
        passesCookies = route.headers.contains("cookie")
    }

    /// Appends the fields of a request that may pass.
    func copy(_ source: HeaderFields, to target: inout HeaderFields) {
        requests.copy(source, to: &target)
        // The one value that it may have (RFC 9110, section 10.1.4).
        if source.first("te")?.lowercased() == "trailers" { target.append("te", "trailers") }
        guard passesCookies else { return }
        let crumbs = source.values("cookie").flatMap { $0.split(separator: ";") }
            .map { $0.drop { $0 == " " || $0 == "\t" } }.filter { !$0.hasPrefix(Self.ownCookies) && !$0.isEmpty }
        if !crumbs.isEmpty { target.append("cookie", crumbs.joined(separator: "; ")) }
    }

    /// What begins with this only the suite sets and reads (security.md, "cookies").
    fileprivate static let ownCookies = "__Host-"

    private static let requestNames = [
        "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "content-encoding",
        "content-language", "content-length", "content-type", "if-match", "if-modified-since", "if-none-match",
        "if-range", "if-unmodified-since", "last-event-id", "origin", "pragma", "prefer", "priority", "range",
        "referer", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-user", "trailer", "user-agent",
    ]

    private static let answerNames = [
        "accept-patch", "accept-post", "accept-ranges", "age", "allow", "cache-control", "content-disposition",
        "content-encoding", "content-language", "content-length", "content-location", "content-range", "content-type",
        DateField.name, "etag", "expires", "last-modified", "link", "location", "preference-applied", "retry-after",
        "trailer", "vary", "www-authenticate",
    ]

    /// What no operator may let through: it frames messages, names hops, or is what the suite believes.
    private static let reserved: Set<String> = Set(
        ForwardingFields.names + [
            "authorization", "proxy-authorization", "proxy-authenticate", "x-api-key", "connection", "keep-alive",
            "proxy-connection", "transfer-encoding", "upgrade", "host", "te", "expect", "http2-settings",
            "x-request-id", "traceparent", "tracestate", "strict-transport-security", "sec-websocket-key",
            "sec-websocket-accept", "sec-websocket-version", "sec-websocket-protocol", "sec-websocket-extensions",
            "content-security-policy", "x-content-type-options", "referrer-policy", "ratelimit", "ratelimit-policy",
            "server", "via",
        ])

    /// What the edge says of these it says alone.
    private static let reservedFamilies = ["causeway-", "access-control-", "cross-origin-"]

    static func mayBeNamed(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy(isNameByte) && !reserved.contains(name)
            && !reservedFamilies.contains { name.hasPrefix($0) }
    }

    /// Whether a field may stand behind a body (RFC 9110, section 6.5.1): nothing that frames, routes, decides or says
    /// who somebody is.
    static func mayTrail(_ name: String) -> Bool {
        mayBeNamed(name) && !neverTrailing.contains(name) && !name.hasPrefix("content-") && !name.hasPrefix("if-")
    }

    private static let neverTrailing: Set<String> = [
        "cookie", "set-cookie", "cache-control", "age", "expires", "date", "location", "retry-after", "vary", "trailer",
        "www-authenticate", "max-forwards", "pragma", "range", "accept", "content-security-policy", "etag", "allow",
    ]

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "-")
    }
}

extension HeaderFields {
    /// Takes cookies out that only the suite may set: an upstream could sign a visitor in as somebody else.
    mutating func removeOwnCookies() {
        guard contains("set-cookie") else { return }
        let others = values("set-cookie").filter {
            !$0.drop { $0 == " " || $0 == "\t" }.hasPrefix(StaticFields.ownCookies)
        }
        remove("set-cookie")
        for cookie in others { append("set-cookie", cookie) }
    }

    /// Of those that may stand behind a body, the ones that `list` admits.
    func passingTrailers(_ list: HeaderAllowList) -> HeaderFields? {
        guard let some = passingTrailers() else { return nil }
        var passing = HeaderFields()
        list.copy(some, to: &passing)
        return passing.isEmpty ? nil : passing
    }

    /// The fields that may stand behind a body that goes on; nil where there are none.
    func passingTrailers() -> HeaderFields? {
        var passing = HeaderFields()
        for index in 0..<count where StaticFields.mayTrail(name(at: index)) { passing.append(index, of: self) }
        return passing.isEmpty ? nil : passing
    }
}
