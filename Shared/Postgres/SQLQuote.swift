/// Names and texts inside scripts, where there are no parameters: roles, schemas and databases from configuration.
package enum SQLQuote {
    /// A quoted identifier, as libpq's `PQescapeIdentifier` makes it for UTF-8.
    package static func identifier(_ name: String) -> String {
        "\"" + doubling("\"", in: name) + "\""
    }

    /// A text literal, as libpq's `PQescapeLiteral` makes it: right whatever `standard_conforming_strings` is.
    package static func literal(_ text: String) -> String {
        let quoted = "'" + doubling("\\", in: doubling("'", in: text)) + "'"
        return text.utf8.contains(UInt8(ascii: "\\")) ? " E" + quoted : quoted
    }

    /// Works on bytes: a combining mark after a quote would hide it from `Character`.
    private static func doubling(_ mark: Unicode.Scalar, in text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            bytes.append(byte)
            if UInt32(byte) == mark.value { bytes.append(byte) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
