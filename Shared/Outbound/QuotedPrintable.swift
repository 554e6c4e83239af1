/// Bodies as lines of ASCII that any relay passes on unchanged (RFC 2045, section 6.7).
enum QuotedPrintable {
    private static let lineMax = 76
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Line breaks of any kind in `text` become CRLF; all else is kept to the byte. Ends with CRLF.
    static func encode(_ text: String) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count + text.utf8.count / 8 + 2)
        let bytes = Array(text.utf8)
        var at = 0
        while at < bytes.count {
            let end = bytes[at...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
            encode(line: bytes[at..<end], into: &output)
            output += [0x0D, 0x0A]
            at = end + (end + 1 < bytes.count && bytes[end] == 0x0D && bytes[end + 1] == 0x0A ? 2 : 1)
        }
        if bytes.isEmpty { output += [0x0D, 0x0A] }
        return output
    }

    private static func encode(line: ArraySlice<UInt8>, into output: inout [UInt8]) {
        var column = 0
        for (index, byte) in line.enumerated() {
            let isLast = index == line.count - 1
            let encoded =
                isPlain(byte, isFirst: column == 0, isLast: isLast)
                ? [byte] : [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            // One column stays free for the soft break's "=".
            if column + encoded.count > lineMax - (isLast ? 0 : 1) {
                output += [UInt8(ascii: "="), 0x0D, 0x0A]
                column = 0
            }
            output += encoded
            column += encoded.count
        }
    }

    /// A dot in front would end the mail for a careless relay, a space at the end would be lost, and `From` in front
    /// would be changed by mailboxes.
    private static func isPlain(_ byte: UInt8, isFirst: Bool, isLast: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "F"): !isFirst
        case UInt8(ascii: " "), 0x09: !isLast
        case UInt8(ascii: "="): false
        default: (0x21...0x7E).contains(byte)
        }
    }
}
