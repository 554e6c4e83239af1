internal import HTTP
internal import Transport

/// What the edge tells a foreign upstream about a request. Services of the suite are told in their signed caller
/// context.
enum ForwardingFields {
    /// Sets `Forwarded` (RFC 7239) and the older `X-Forwarded-For`, `-Proto` and `-Host` to what the edge knows; what
    /// somebody else wrote there goes.
    static func set(on fields: inout HeaderFields, for exchange: ServerExchange) {
        let client = exchange.connection.peer.text
        let scheme = exchange.connection.isSecure ? "https" : "http"
        let authority = exchange.head.authority
        for name in names { fields.remove(name) }
        let node = client.isEmpty ? "unknown" : client.contains(":") ? "\"[\(client)]\"" : client
        let host = authority.isEmpty ? "" : ";host=\(isToken(authority) ? authority : quoted(authority))"
        fields.append("forwarded", "for=\(node)\(host);proto=\(scheme)")
        fields.append("x-forwarded-for", client.isEmpty ? "unknown" : client)
        fields.append("x-forwarded-proto", scheme)
        if !authority.isEmpty { fields.append("x-forwarded-host", authority) }
    }

    /// Every field by which proxies tell such things, of which two spellings must not meet.
    static let names = [
        "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port",
        "x-forwarded-server", "x-forwarded-scheme", "x-forwarded-ssl", "x-forwarded-prefix", "x-real-ip",
        "x-client-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip", "fastly-client-ip",
        "x-original-forwarded-for", "x-envoy-external-address",
    ]

    private static func isToken(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: true
            default: false
            }
        }
    }

    /// An authority holds neither quotes nor backslashes (`Authority.isWellFormed`); were it otherwise, they go.
    private static func quoted(_ text: String) -> String {
        "\"\(text.filter { $0 != "\"" && $0 != "\\" })\""
    }
}
