internal import HTTP

/// What a `Cache-Control` field says, or one that is targeted at the edge (RFC 9111, section 5.2; RFC 9213).
///
/// Directives with an argument that names fields (`no-cache="x"`) are taken as if they had none, which is the more
/// careful reading (sections 5.2.2.4 and 5.2.2.7).
struct CacheDirectives: Sendable, Hashable {
    private(set) var isNoStore = false
    private(set) var isNoCache = false
    private(set) var isPrivate = false
    private(set) var mustRevalidate = false
    private(set) var isOnlyIfCached = false
    private(set) var maxAgeSeconds: Int64?
    private(set) var sharedMaxAgeSeconds: Int64?
    private(set) var staleWhileRevalidateSeconds: Int64?
    private(set) var staleIfErrorSeconds: Int64?

    /// What a larger number counts as (section 1.2.2).
    static let secondsMax: Int64 = 1 << 31

    /// - Parameter value: all lines of the field as one list; nil where it is no list of directives.
    init?(parsing value: String) {
        var rest = Substring(value).utf8
        while true {
            Self.skip(&rest) { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
            guard !rest.isEmpty else { return }
            let name = Self.token(&rest)
            guard !name.isEmpty else { return nil }
            var argument: String?
            if rest.first == UInt8(ascii: "=") {
                rest.removeFirst()
                guard let text = Self.argument(&rest) else { return nil }
                argument = text
            }
            Self.skip(&rest) { $0 == 0x20 || $0 == 0x09 }
            guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
            note(name.lowercased(), argument)
        }
    }

    private mutating func note(_ name: String, _ argument: String?) {
        switch name {
        case "no-store": isNoStore = true
        case "no-cache": isNoCache = true
        case "private": isPrivate = true
        case "must-revalidate", "proxy-revalidate": mustRevalidate = true
        case "only-if-cached": isOnlyIfCached = true
        case "max-age": Self.lower(&maxAgeSeconds, argument)
        case "s-maxage": Self.lower(&sharedMaxAgeSeconds, argument)
        case "stale-while-revalidate": Self.lower(&staleWhileRevalidateSeconds, argument)
        case "stale-if-error": Self.lower(&staleIfErrorSeconds, argument)
        default: break
        }
    }

    /// Of two the smaller holds, and what is no number is none at all (section 4.2.1).
    private static func lower(_ seconds: inout Int64?, _ argument: String?) {
        let digits = (argument ?? "").utf8
        guard !digits.isEmpty, digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return seconds = 0 }
        let number = digits.count > 10 ? secondsMax : min(Int64(argument ?? "") ?? secondsMax, secondsMax)
        seconds = min(seconds ?? number, number)
    }

    private static func token(_ rest: inout Substring.UTF8View) -> String {
        let token = rest.prefix(while: isTokenByte)
        rest = rest.dropFirst(token.count)
        return String(decoding: token, as: UTF8.self)
    }

    private static func argument(_ rest: inout Substring.UTF8View) -> String? {
        guard rest.first == UInt8(ascii: "\"") else {
            let text = token(&rest)
            return text.isEmpty ? nil : text
        }
        rest.removeFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return String(decoding: bytes, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard let escaped = rest.popFirst() else { return nil }
            bytes.append(escaped)
        }
        return nil
    }

    private static func skip(_ rest: inout Substring.UTF8View, _ isSkipped: (UInt8) -> Bool) {
        while let byte = rest.first, isSkipped(byte) { rest.removeFirst() }
    }

    /// RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
