/// Why a stream is reset for what its client has sent, while the connection goes on (RFC 9113, section 8.1.1).
package enum HTTP2Malformation: String, Sendable, CaseIterable {
    /// A name with upper case, with `_`, or with what no name may have; an empty one.
    case fieldName = "field-name"
    /// CR, LF, NUL, or white space at an edge.
    case fieldValue = "field-value"
    /// Fields that are about a connection of HTTP/1.1, and `te` with more than `trailers` (section 8.2.2).
    case fieldForbidden = "field-forbidden"
    /// A pseudo-header field that is missing, unknown, repeated, malformed or late (section 8.3).
    case pseudoField = "pseudo-field"
    /// A length that is repeated, is none, or is not that of what came.
    case contentLength = "content-length"
    case hostRepeated = "host-repeated"
    /// Trailers that end nothing.
    case trailers = "trailers"
    /// What the library refuses without naming a field.
    case other = "malformed"

    /// The reason label of the counter.
    package var label: String { "http2-" + rawValue }

    /// Of a field that was refused for what its name or value is made of.
    init(unreadable name: UnsafeRawBufferPointer) {
        self = unsafe HTTP1Policy.isToken(name) && !name.contains(where: Self.isUpper) ? .fieldValue : .fieldName
    }

    /// Of a field that was refused, in the library's words: their form is that of 1.52, and where another one has other
    /// words it is only less well known why.
    ///
    /// - Parameter words: `Invalid HTTP header field was received: …, name: [te], value: [gzip]`.
    init(words: UnsafeRawBufferPointer) {
        let text = unsafe String(decoding: words, as: UTF8.self)
        guard let start = text.firstRange(of: "name: [")?.upperBound,
            let end = text[start...].firstRange(of: "], value: [")?.lowerBound
        else {
            self = .other
            return
        }
        let name = text[start..<end]
        switch name {
        case "content-length": self = .contentLength
        case "host": self = .hostRepeated
        case _ where name.hasPrefix(":"): self = .pseudoField
        case _ where name.utf8.contains(where: Self.isUpper): self = .fieldName
        default: self = .fieldForbidden
        }
    }

    private static func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) }
}
