/// `host[:port]`, as `Host` and `:authority` hold it (RFC 3986, section 3.2, without user information).
enum Authority {
    /// Whether `text` is one: a name, an IPv4 address or an IPv6 address in brackets, and a port that there can be.
    static func isWellFormed(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            let isBracketed = unsafe bytes.first == UInt8(ascii: "[")
            let end = unsafe bytes.firstIndex(of: UInt8(ascii: isBracketed ? "]" : ":"))
            // A bracket belongs to the host, a colon no more.
            let hostEnd = isBracketed ? end.map { $0 + 1 } : end ?? bytes.count
            guard let hostEnd, hostEnd > 0 else { return false }
            return unsafe isHost(bytes[..<hostEnd], isBracketed) && isPort(bytes[hostEnd...])
        }
    }

    private static func isHost(_ host: Slice<UnsafeBufferPointer<UInt8>>, _ isBracketed: Bool) -> Bool {
        guard isBracketed else { return unsafe host.allSatisfy(isNameByte) }
        let inside = unsafe host.dropFirst().dropLast()
        return unsafe !inside.isEmpty
            && inside.allSatisfy { isHex($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
    }

    /// Nothing, or a colon with digits.
    private static func isPort(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard let colon = unsafe text.first else { return true }
        let digits = unsafe text.dropFirst()
        guard colon == UInt8(ascii: ":"), unsafe digits.count <= 5, unsafe digits.allSatisfy(isDigit) else {
            return false
        }
        return unsafe digits.reduce(0) { $0 * 10 + Int($1 &- 0x30) } <= 65_535
    }

    /// Whether both name the same place: letters in any case, the scheme's own port named or not (section 6.2).
    static func areSame(_ one: String, _ other: String, scheme: String) -> Bool {
        normalised(one, scheme) == normalised(other, scheme)
    }

    private static func normalised(_ text: String, _ scheme: String) -> String {
        guard let (host, port) = split(text) else { return text.lowercased() }
        let own = scheme.lowercased() == "https" ? "443" : "80"
        let name = String(Substring(host)).lowercased()
        let number = String(Substring(port))
        return number.isEmpty || number == own ? name : "\(name):\(number)"
    }

    private static func split(_ text: String) -> (host: Substring.UTF8View, port: Substring.UTF8View)? {
        let bytes = Substring(text).utf8
        let hostEnd: Substring.UTF8View.Index
        if bytes.first == UInt8(ascii: "[") {
            guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            hostEnd = bytes.index(after: bracket)
        } else {
            hostEnd = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
        }
        guard hostEnd < bytes.endIndex else { return (bytes, bytes[bytes.endIndex...]) }
        guard bytes[hostEnd] == UInt8(ascii: ":") else { return nil }
        return (bytes[..<hostEnd], bytes[bytes.index(after: hostEnd)...])
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    private static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 6 }

    /// What a registered name may have here: no sub-delimiters, and `_` for the names that containers get.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7a, 0x41...0x5a, 0x2d, 0x2e, 0x5f, 0x7e, 0x25: true
        default: false
        }
    }
}
