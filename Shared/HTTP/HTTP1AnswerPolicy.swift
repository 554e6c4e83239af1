/// What answers of an HTTP/1.1 upstream are refused for, decided on the parsed head (RFC 9112, section 6.3).
///
/// Pure. What two readers could frame differently is refused: the next answer on the connection would be somebody
/// else's.
package enum HTTP1AnswerPolicy {
    package struct Head: Sendable {
        package var status: Int
        /// 0 for HTTP/1.0, 1 for HTTP/1.1.
        package var minorVersion: Int
        package var fields: HeaderFields

        package init(status: Int, minorVersion: Int = 1, fields: HeaderFields) {
            self.status = status
            self.minorVersion = minorVersion
            self.fields = fields
        }
    }

    package struct Accepted: Sendable, Equatable {
        /// Whether the connection can carry another request once the answer is complete.
        package let keepsAlive: Bool
    }

    package enum Refusal: String, Error, Sendable, CaseIterable {
        case status = "status"
        case version = "version"
        case fieldName = "field-name"
        case fieldValue = "field-value"
        case lengthAndTransferEncoding = "length-and-transfer-encoding"
        case transferEncodingUnknown = "transfer-encoding-unknown"
        case transferEncodingRepeated = "transfer-encoding-repeated"
        case transferEncodingIn10 = "transfer-encoding-in-1.0"
        case lengthMalformed = "content-length-malformed"
        case lengthRepeated = "content-length-repeated"
        /// 101 that nobody asked for, or for another protocol.
        case upgradeUnasked = "upgrade-unasked"
    }

    /// - Parameters:
    ///   - wanted: the protocol that the request asked to change to, in lower case.
    ///   - isHead: whether it answers a HEAD, so that no body follows whatever it says.
    package static func judge(_ head: Head, wanted: String? = nil, isHead: Bool = false) throws(Refusal) -> Accepted {
        guard (100..<600).contains(head.status) else { throw .status }
        guard head.minorVersion == 0 || head.minorVersion == 1 else { throw .version }
        for index in 0..<head.fields.count {
            // Servers do send `_`; such a field goes no further.
            let name = head.fields.nameBytes(at: index)
            guard HTTP1Policy.isToken(name.lazy.filter { $0 != 0x5f }) else { throw .fieldName }
            guard HTTP1Policy.isValue(head.fields.valueBytes(at: index)) else { throw .fieldValue }
        }
        if head.status == 101 {
            try requireUpgrade(head, wanted)
            return Accepted(keepsAlive: false)
        }
        let hasLength = try framing(head)
        let options = connectionOptions(head.fields)
        let hasNoBody = isHead || head.status == 204 || head.status == 304
        let isDelimited = hasNoBody || hasLength || head.fields.contains("transfer-encoding")
        let staysOpen = head.minorVersion == 1 ? !options.contains("close") : options.contains("keep-alive")
        return Accepted(keepsAlive: staysOpen && isDelimited)
    }

    /// - Returns: whether the length is told.
    private static func framing(_ head: Head) throws(Refusal) -> Bool {
        let lengths = head.fields.values("content-length")
        let codings = head.fields.values("transfer-encoding")
        if !codings.isEmpty {
            guard lengths.isEmpty else { throw .lengthAndTransferEncoding }
            guard head.minorVersion == 1 else { throw .transferEncodingIn10 }
            guard codings.count == 1 else { throw .transferEncodingRepeated }
            guard codings[0].lowercased() == "chunked" else { throw .transferEncodingUnknown }
            return false
        }
        guard let text = lengths.first else { return false }
        guard lengths.count == 1 else { throw .lengthRepeated }
        guard Int(decimal: Array(text.utf8)) != nil else { throw .lengthMalformed }
        return true
    }

    private static func requireUpgrade(_ head: Head, _ wanted: String?) throws(Refusal) {
        guard let wanted, head.minorVersion == 1, head.fields.values("upgrade").map({ $0.lowercased() }) == [wanted],
            connectionOptions(head.fields).contains("upgrade"), !head.fields.contains("transfer-encoding"),
            !head.fields.contains("content-length")
        else { throw .upgradeUnasked }
    }

    private static func connectionOptions(_ fields: HeaderFields) -> [String] {
        fields.values("connection").joined(separator: ",").lowercased().split(separator: ",")
            .map { String($0.filter { $0 != " " && $0 != "\t" }) }
    }
}
