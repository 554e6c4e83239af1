internal import Contract
internal import HTTP

/// The one credential of a request (RFC 6750, section 2.1).
enum BearerCredential {
    /// The bearer token of `fields`; nil where there is no credential.
    ///
    /// - Throws: 400 where there is more than one credential, 401 where it is of a kind that is not taken.
    static func read(_ fields: HeaderFields) throws(Problem) -> String? {
        guard let index = fields.firstIndex("authorization") else { return nil }
        guard fields.count(of: "authorization") == 1, !fields.contains("x-api-key") else {
            throw Problem(.credentialsConflict)
        }
        let value = fields.valueBytes(at: index)
        let scheme = value.prefix { $0 != space }
        guard scheme.count == 6, scheme.map({ $0 | 0x20 }).elementsEqual("bearer".utf8) else {
            throw Problem(.accessTokenInvalid, detail: "Only the scheme Bearer is taken.")
        }
        let token = value.dropFirst(scheme.count).drop { $0 == space }
        // Also where several credentials were put into one field.
        guard !token.isEmpty, token.allSatisfy(isTokenByte) else {
            throw token.contains(comma) ? Problem(.credentialsConflict) : Problem(.accessTokenInvalid)
        }
        return String(decoding: token, as: UTF8.self)
    }

    private static let space = UInt8(ascii: " ")
    private static let comma = UInt8(ascii: ",")

    /// `b64token` (RFC 6750, section 2.1).
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "="): true
        default: PercentEncoding.isUnreserved(byte)
        }
    }
}
