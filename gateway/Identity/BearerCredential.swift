internal import Contract
internal import HTTP

/// An access token in `Authorization` (RFC 6750, section 2.1).
enum BearerCredential {
    /// The bearer token of `fields`, whose bytes nobody has looked at; nil where there is none.
    ///
    /// - Throws: 400 where there is more than one credential, 401 where it is of a kind that is not taken.
    static func read(_ fields: HeaderFields) throws(Problem) -> ArraySlice<UInt8>? {
        guard let index = fields.firstIndex("authorization") else { return nil }
        guard fields.count(of: "authorization") == 1 else { throw Problem(.credentialsConflict) }
        let value = fields.valueBytes(at: index)
        let scheme = value.prefix { $0 != space }
        guard scheme.count == 6, scheme.lazy.map({ $0 | 0x20 }).elementsEqual("bearer".utf8) else {
            throw Problem(.accessTokenInvalid, detail: "Only the scheme Bearer is taken.")
        }
        let token = value.dropFirst(scheme.count).drop { $0 == space }
        guard !token.isEmpty else { throw Problem(.accessTokenInvalid) }
        return token
    }

    /// Refuses what is no `b64token` (RFC 6750, section 2.1), also where several credentials were put into one field. A
    /// token that is remembered was looked at before.
    static func requireTokenBytes(_ token: String) throws(Problem) {
        let isToken = token.utf8.allSatisfy { byte in
            let isLetter = (byte | 0x20) &- UInt8(ascii: "a") < 26
            // From the plus to the nine there is the comma too.
            let isDigitOrSign = byte &- UInt8(ascii: "+") < 15 && byte != comma
            return isLetter || isDigitOrSign || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "~")
        }
        guard !isToken else { return }
        throw token.utf8.contains(comma) ? Problem(.credentialsConflict) : Problem(.accessTokenInvalid)
    }

    private static let space = UInt8(ascii: " ")
    private static let comma = UInt8(ascii: ",")
}
