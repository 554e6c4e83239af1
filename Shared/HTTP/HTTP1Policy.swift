/// What HTTP/1.1 requests are refused for, decided on the parsed head (edge.md section 4, RFC 9112).
///
/// Pure. The parser below has already refused bare LF, obs-fold, spaces before the colon and NUL; the rules
/// here are about what several readers of one message could understand differently.
package enum HTTP1Policy {
    package struct Head: Sendable {
        package var method: String
        package var target: String
        /// 0 for HTTP/1.0, 1 for HTTP/1.1.
        package var minorVersion: Int
        package var fields: HeaderFields

        package init(method: String, target: String, minorVersion: Int, fields: HeaderFields) {
            self.method = method
            self.target = target
            self.minorVersion = minorVersion
            self.fields = fields
        }
    }

    package enum Framing: Sendable, Equatable {
        case none
        case length(Int)
        case chunked
    }

    package struct Accepted: Sendable, Equatable {
        package let authority: String
        /// Origin form: path and query.
        package let path: String
        package let framing: Framing
        package let keepsAlive: Bool
    }

    /// Why a request is refused; always answered with `status`, and the connection closes. Of trailers it breaks the
    /// body.
    package enum Refusal: String, Error, Sendable, CaseIterable {
        case lengthAndTransferEncoding = "length-and-transfer-encoding"
        case transferEncodingUnknown = "transfer-encoding-unknown"
        case transferEncodingRepeated = "transfer-encoding-repeated"
        case transferEncodingIn10 = "transfer-encoding-in-1.0"
        case lengthMalformed = "content-length-malformed"
        case lengthRepeated = "content-length-repeated"
        case hostMissing = "host-missing"
        case hostRepeated = "host-repeated"
        case hostMalformed = "host-malformed"
        case hostMismatch = "host-mismatch"
        case targetMalformed = "target-malformed"
        case fieldName = "field-name"
        case fieldValue = "field-value"
        case version = "version"
        case headerTooLarge = "header-too-large"
        case tooManyFields = "too-many-fields"
        case methodUnsupported = "method-unsupported"

        /// The reason label of the counter.
        package var label: String { "http1-" + rawValue }

        package var status: Int {
            switch self {
            case .transferEncodingUnknown, .methodUnsupported: 501
            case .headerTooLarge, .tooManyFields: 431
            case .version: 505
            default: 400
            }
        }
    }

    package static func judge(
        _ head: Head, headerBytesMax: Int, headerFieldsMax: Int
    ) throws(Refusal) -> Accepted {
        guard head.fields.count <= headerFieldsMax else { throw .tooManyFields }
        guard head.fields.sizeBytes + head.target.utf8.count <= headerBytesMax else { throw .headerTooLarge }
        guard head.minorVersion == 0 || head.minorVersion == 1 else { throw .version }
        try judge(fields: head.fields)
        let framing = try framing(head)
        let (authority, path) = try target(head)
        return Accepted(authority: authority, path: path, framing: framing, keepsAlive: keepsAlive(head))
    }

    /// What names and values are made of, in a head or behind a body.
    package static func judge(fields: HeaderFields) throws(Refusal) {
        for index in 0..<fields.count {
            let refusal: Refusal? = unsafe fields.withBytes(at: index) { name, value in
                unsafe isToken(name) ? isValue(value) ? nil : .fieldValue : .fieldName
            }
            if let refusal { throw refusal }
        }
    }

    private static func framing(_ head: Head) throws(Refusal) -> Framing {
        let lengths = head.fields.values("content-length")
        let codings = head.fields.values("transfer-encoding")
        if !codings.isEmpty {
            guard lengths.isEmpty else { throw .lengthAndTransferEncoding }
            guard head.minorVersion == 1 else { throw .transferEncodingIn10 }
            guard codings.count == 1 else { throw .transferEncodingRepeated }
            guard codings[0].lowercased() == "chunked" else { throw .transferEncodingUnknown }
            return .chunked
        }
        guard let text = lengths.first else { return .none }
        guard lengths.count == 1 else { throw .lengthRepeated }
        guard let length = Int(decimal: Array(text.utf8)) else { throw .lengthMalformed }
        return .length(length)
    }

    /// Host and path by the target's form (RFC 9112 section 3.2).
    private static func target(_ head: Head) throws(Refusal) -> (authority: String, path: String) {
        let hosts = head.fields.values("host")
        guard hosts.count <= 1 else { throw .hostRepeated }
        if hosts.isEmpty && head.minorVersion == 1 { throw .hostMissing }
        let host = hosts.first ?? ""
        guard host.isEmpty || Authority.isWellFormed(host) else { throw .hostMalformed }
        if head.method == "CONNECT" { throw .methodUnsupported }
        if head.target == "*" {
            guard head.method == "OPTIONS" else { throw .targetMalformed }
            return (host, "*")
        }
        guard head.target.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != 0x23 }) else { throw .targetMalformed }
        if head.target.utf8.first == 0x2f { return (host, head.target) }
        let lower = head.target.prefix(8).lowercased()
        guard lower.hasPrefix("http://") || lower == "https://" else { throw .targetMalformed }
        let rest = head.target.dropFirst(lower.hasPrefix("http://") ? 7 : 8)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = String(rest[..<end])
        guard Authority.isWellFormed(authority) else { throw .targetMalformed }
        let scheme = lower.hasPrefix("http://") ? "http" : "https"
        guard Authority.areSame(authority, host, scheme: scheme) else { throw .hostMismatch }
        let path = rest[end...]
        return (authority, path.hasPrefix("/") ? String(path) : "/" + path)
    }

    private static func keepsAlive(_ head: Head) -> Bool {
        guard head.fields.contains("connection") else { return head.minorVersion == 1 }
        let options = head.fields.values("connection").joined(separator: ",").lowercased()
            .split(separator: ",").map { String($0.filter { $0 != " " && $0 != "\t" }) }
        if options.contains("close") { return false }
        return head.minorVersion == 1 || options.contains("keep-alive")
    }

    /// What the client would rather speak from here on (RFC 9110, section 7.8), in lower case; nil where it asks for
    /// nothing. A connection whose parser has seen this can carry no further request.
    package static func upgrade(_ head: Head) -> String? {
        guard let wanted = head.fields.combined("upgrade"),
            head.fields.values("connection").contains(where: { $0.lowercased().contains("upgrade") })
        else { return nil }
        return wanted.lowercased()
    }

    /// RFC 9110 section 5.6.2, without `_`: what maps names to variables would take it for `-`.
    static func isToken(_ name: some Collection<UInt8>) -> Bool {
        !name.isEmpty
            && name.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x61...0x7a, 0x41...0x5a: true
                case 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e, 0x60, 0x7c, 0x7e: true
                default: false
                }
            }
    }

    /// No control characters but a tab inside (RFC 9110 section 5.5).
    static func isValue(_ value: some Collection<UInt8>) -> Bool {
        value.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
    }
}
