/// Header text in other scripts: RFC 2047, in UTF-8 and base64.
enum EncodedWord {
    /// Plain text stays as it is where every mail program shows it as it is: ASCII, short, and nothing that looks
    /// encoded already.
    static func isNeeded(for text: String) -> Bool {
        text.utf8.count > 60 || text.contains("=?") || text.utf8.contains { $0 >= 0x7F || $0 < 0x20 }
    }

    /// Words of at most 75 characters, one to a line, each with whole characters only (section 2 and 5).
    static func encode(_ text: String) -> String {
        var words: [String] = []
        var chunk: [UInt8] = []
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            // 45 bytes are 60 characters of base64; the frame "=?utf-8?B?" and "?=" has 12.
            if chunk.count + bytes.count > 45 {
                words.append(word(chunk))
                chunk = []
            }
            chunk += bytes
        }
        if !chunk.isEmpty { words.append(word(chunk)) }
        return words.joined(separator: "\r\n ")
    }

    private static func word(_ bytes: [UInt8]) -> String { "=?utf-8?B?\(base64(bytes))?=" }

    /// Base64 with padding (RFC 4648, section 4).
    private static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for digit in 0..<4 {
                let isPadding = digit > group.count
                text.append(isPadding ? UInt8(ascii: "=") : alphabet[Int(bits >> UInt32(18 - 6 * digit) & 0x3F)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
