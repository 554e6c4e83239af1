internal import HTTP

/// Which pages of other origins may read answers (the CORS protocol of the Fetch standard, section 3.2), where any may.
///
/// Origins are compared as the browser sends them, byte for byte: no pattern, no suffix, no `*`, no `null`.
struct CrossOrigin: Sendable {
    private let origins: Set<String>
    private let allowsCredentials: Bool
    /// How long a browser may remember what a preflight said, in seconds.
    let maxAge: Int
    /// The fields of answers that pages may read, beside those that they always may.
    private let exposed: String

    /// Nil where no other origin may read anything.
    init?(_ configuration: GatewayConfiguration, exposing names: [String]) {
        guard !configuration.crossOrigins.isEmpty else { return nil }
        origins = Set(configuration.crossOrigins)
        allowsCredentials = configuration.crossOriginCredentials
        maxAge = configuration.preflightMaxAge
        exposed = names.filter { !Self.alwaysReadable.contains($0) }.joined(separator: ", ")
    }

    /// The origin of the page that asks, where it is one that may read the answer.
    func reader(_ fields: HeaderFields) -> String? {
        guard fields.count(of: "origin") == 1, let origin = fields.first("origin"), origins.contains(origin) else {
            return nil
        }
        return origin
    }

    /// Says in an answer's head who may read it. Every answer varies by the origin, also one that was asked for
    /// without: a cache must not give that to a page which needs the permission in it.
    func tell(_ reader: String?, _ fields: inout HeaderFields) {
        fields.append("vary", "origin")
        guard let reader else { return }
        fields.append("access-control-allow-origin", reader)
        if allowsCredentials { fields.append("access-control-allow-credentials", "true") }
        fields.append("access-control-expose-headers", exposed)
    }

    /// CORS-safelisted response-header names.
    private static let alwaysReadable: Set<String> = [
        "cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma",
        // Browsers show them to no page, whatever is said here.
        "set-cookie",
    ]
}

/// The origin of a page, as browsers write it (RFC 6454, section 6.2): scheme, host, and a port that is not the usual.
enum Origin {
    /// The origin of a URL; nil where it is none of the web.
    static func of(url: String) -> String? {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[1].isEmpty, !parts[2].isEmpty else { return nil }
        let scheme = parts[0].lowercased()
        let usualPort = ["https:": ":443", "http:": ":80"][scheme]
        guard let usualPort else { return nil }
        var host = parts[2].lowercased()
        if host.hasSuffix(usualPort) { host.removeLast(usualPort.utf8.count) }
        return "\(scheme)//\(host)"
    }

    /// Whether `text` is an origin in the one spelling that browsers send.
    static func isCanonical(_ text: String) -> Bool {
        guard of(url: text) == text, let host = text.split(separator: "/").last else { return false }
        return host.utf8.allSatisfy { byte in
            byte &- 0x30 < 10 || byte &- 0x61 < 26 || "-.:[]".utf8.contains(byte)
        }
    }
}
