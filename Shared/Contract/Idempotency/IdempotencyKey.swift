/// What a caller names a POST by, so that sending it again does it once: the value of `Idempotency-Key`.
///
/// 1…64 printable ASCII characters. On the wire it is an sf-string (RFC 8941, section 3.3.3), or the same characters
/// bare where they hold no space, quote, backslash or comma: `"a b"`, `a-b`. Both forms of the same characters are the
/// same key.
package struct IdempotencyKey: Sendable, Hashable {
    /// The characters, without quotes and escapes.
    package let text: String

    /// The name of the header field, in lower case.
    package static let header = "idempotency-key"
    /// The answer's field that says that it was stored before, in lower case.
    package static let replayedHeader = "idempotent-replayed"
    package static let lengthMax = 64

    /// A key of the program's own making; nil where it would not be one.
    package init?(_ text: String) {
        guard (1...Self.lengthMax).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        self.text = text
    }

    /// Parses the field's values, one for each line of the field. More than one line is no key, nor is a list.
    package init?(header values: [String]) {
        guard values.count == 1 else { return nil }
        var bytes = Array(values[0].utf8)[...]
        while let first = bytes.first, first == Self.space || first == Self.tab { bytes.removeFirst() }
        while let last = bytes.last, last == Self.space || last == Self.tab { bytes.removeLast() }
        guard let content = bytes.first == Self.quote ? Self.quoted(bytes) : Self.bare(bytes) else { return nil }
        self.init(String(decoding: content, as: UTF8.self))
    }

    /// The key as an sf-string, for a request.
    package var headerValue: String {
        var value = "\""
        for character in text {
            if character == "\"" || character == "\\" { value.append("\\") }
            value.append(character)
        }
        return value + "\""
    }

    private static let tab = UInt8(ascii: "\t")
    private static let space = UInt8(ascii: " ")
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
    private static let comma = UInt8(ascii: ",")

    /// Two lines of a field may reach us joined by a comma, so that a bare key has none.
    private static func bare(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        guard !bytes.contains(where: { $0 == space || $0 == quote || $0 == backslash || $0 == comma }) else {
            return nil
        }
        return Array(bytes)
    }

    private static func quoted(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var content: [UInt8] = []
        var rest = bytes.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case quote: return rest.isEmpty ? content : nil
            case backslash:
                guard let escaped = rest.popFirst(), escaped == quote || escaped == backslash else { return nil }
                content.append(escaped)
            default: content.append(byte)
            }
        }
        return nil
    }
}
