internal import Contract

/// How tokens travel, as `X-Token-Transport` asks.
package enum TokenTransport: String, JSONEnumeration, TextRepresentable {
    case body
    case cookie

    package static let header = "x-token-transport"
}

/// Tokens as cookies (RFC 6265; the prefix `__Host-` of its successor's draft, section 4.1.3.2): for this host alone,
/// over TLS alone, and out of a page's reach.
///
/// The auth service writes them: it knows the tokens and their times, so that no proxy has to read an answer's body,
/// and the contract says which operations set cookies. The gateway passes `Set-Cookie` of those on, and no other.
package struct TokenCookies: Sendable, Hashable {
    package static let accessName = "__Host-at"
    package static let refreshName = "__Host-rt"

    /// Values of `Set-Cookie`.
    let access: String?
    let refresh: String?

    enum SameSite: String {
        /// With navigations from other sites too, so that a link into the application finds its reader signed in.
        case lax = "Lax"
        case strict = "Strict"
    }

    static func set(_ name: String, _ value: String, _ sameSite: SameSite, seconds: Int) -> String {
        "\(name)=\(value); Path=/; Max-Age=\(max(0, seconds)); Secure; HttpOnly; SameSite=\(sameSite.rawValue)"
    }

    static func end(_ name: String, _ sameSite: SameSite) -> String {
        set(name, "", sameSite, seconds: 0)
    }
}
