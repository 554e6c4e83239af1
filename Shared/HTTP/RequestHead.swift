/// What a request says before its body, whichever version of HTTP carried it.
package struct RequestHead: Sendable, Equatable {
    package var method: RequestMethod
    /// `http` or `https` as the client said it; nil for CONNECT.
    package var scheme: String
    /// Host and port as received (`:authority`, else `Host`).
    package var authority: String
    /// Path with query, raw: not decoded, not normalised.
    package var path: String
    /// `:protocol` of an extended CONNECT (RFC 8441), as for WebSocket.
    package var connectProtocol: String?
    package var fields: HeaderFields

    package init(
        method: RequestMethod = .get, scheme: String = "http", authority: String = "", path: String = "/",
        fields: HeaderFields = HeaderFields(), connectProtocol: String? = nil
    ) {
        self.method = method
        self.scheme = scheme
        self.authority = authority
        self.path = path
        self.fields = fields
        self.connectProtocol = connectProtocol
    }

    /// The declared length of the body in bytes; nil without a well-formed `content-length`.
    package var contentLength: Int? { fields.contentLength }

    /// Whether the client waits for `100 Continue` before it sends its body (RFC 9110 section 10.1.1).
    package var expectsContinue: Bool {
        guard let index = fields.firstIndex("expect") else { return false }
        return fields.valueBytes(at: index).map(\.asciiLowercased).elementsEqual("100-continue".utf8)
    }
}

/// What a response says before its body.
package struct ResponseHead: Sendable, Equatable {
    /// Three digits, 100 to 599.
    package var status: Int
    package var fields: HeaderFields

    package init(status: Int, fields: HeaderFields = HeaderFields()) {
        self.status = status
        self.fields = fields
    }

    package var contentLength: Int? { fields.contentLength }

    package var isInformational: Bool { (100..<200).contains(status) }

    /// 1xx, 204 and 304 never have a body (RFC 9110 section 6.4.1).
    package var forbidsBody: Bool { isInformational || status == 204 || status == 304 }
}

extension HeaderFields {
    /// `content-length` if it is there and is nothing but digits that fit.
    package var contentLength: Int? {
        guard let index = firstIndex("content-length") else { return nil }
        return Int(decimal: valueBytes(at: index))
    }
}

extension Int {
    /// Digits only: no sign, no space, no separator, no overflow.
    init?(decimal bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty, bytes.count <= 18 else { return nil }
        var value = 0
        for byte in bytes {
            guard byte &- 0x30 < 10 else { return nil }
            value = value * 10 + Int(byte &- 0x30)
        }
        self = value
    }
}
