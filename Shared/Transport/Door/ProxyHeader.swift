/// What a proxy tells about a connection before the client's first byte (the PROXY protocol of HAProxy, versions 1
/// and 2).
package struct ProxyHeader: Sendable, Hashable {
    /// Who connected to the proxy; nil where the proxy speaks for itself, or of a client without an IP address: then
    /// the socket's other end counts.
    package let client: PeerAddress?
    /// Bytes of the header, after which the client's begin.
    package let bytes: Int

    package enum Refusal: String, Error, Sendable {
        /// The bytes begin as no header does.
        case missing = "proxy-header-missing"
        /// The bytes begin as a header and go on as none.
        case malformed = "proxy-header-malformed"
        case tooLong = "proxy-header-too-long"
    }

    /// Reads the header at the start of what has come so far; nil where more must come.
    package static func parse(_ bytes: some RandomAccessCollection<UInt8>) throws(Refusal) -> ProxyHeader? {
        let start = Array(bytes.prefix(signature.count))
        if start.elementsEqual(signature.prefix(start.count)) {
            return start.count == signature.count ? try parseBinary(Array(bytes)) : nil
        }
        let word = start.prefix(textStart.count)
        guard word.elementsEqual(textStart.prefix(word.count)) else { throw .missing }
        return word.count == textStart.count ? try parseText(Array(bytes)) : nil
    }
}

// Version 1: a line of text.
extension ProxyHeader {
    private static let textStart = Array("PROXY ".utf8)
    /// The longest line that there can be, its end included.
    private static let textBytesMax = 107

    private static func parseText(_ bytes: [UInt8]) throws(Refusal) -> ProxyHeader? {
        let line = bytes.prefix(textBytesMax)
        guard let end = line.firstIndex(of: 0x0a) else {
            if bytes.count >= textBytesMax { throw .tooLong }
            return nil
        }
        guard line[end - 1] == 0x0d else { throw .malformed }
        let text = String(decoding: line[textStart.count..<end - 1], as: UTF8.self)
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        // What follows UNKNOWN says nothing.
        if words[0] == "UNKNOWN" { return ProxyHeader(client: nil, bytes: end + 1) }
        let size =
            switch words[0] {
            case "TCP4": 4
            case "TCP6": 16
            default: throw .malformed
            }
        guard words.count == 5, let port = port(words[3]), self.port(words[4]) != nil,
            address(words[2], size: size, port: 0) != nil, let client = address(words[1], size: size, port: port)
        else { throw .malformed }
        return ProxyHeader(client: client, bytes: end + 1)
    }

    private static func address(_ text: String, size: Int, port: Int) -> PeerAddress? {
        // The family is that of the text, also where an address of IPv4 is written as one of IPv6.
        guard text.utf8.contains(0x3a) == (size == 16) else { return nil }
        return PeerAddress(text: text, port: port)
    }

    private static func port(_ text: String) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let port = Int(text),
            port <= 65_535, text == "0" || !text.hasPrefix("0")
        else { return nil }
        return port
    }
}

// Version 2: binary.
extension ProxyHeader {
    private static let signature: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
    ]
    /// The signature, command, family and length.
    private static let fixedBytes = 16
    /// Addresses and what is told beside them: more than any proxy sends, certificates included.
    private static let variableBytesMax = 8 * 1024

    private static func parseBinary(_ bytes: [UInt8]) throws(Refusal) -> ProxyHeader? {
        guard bytes.count >= fixedBytes else { return nil }
        let (command, family) = (bytes[12], bytes[13])
        let length = Int(bytes[14]) << 8 | Int(bytes[15])
        guard command == 0x20 || command == 0x21 else { throw .malformed }
        guard length <= variableBytesMax else { throw .tooLong }
        guard bytes.count >= fixedBytes + length else { return nil }
        let block = bytes[fixedBytes..<fixedBytes + length]
        // LOCAL: the proxy's own connection, say to see whether we live. Addresses beside it mean nothing.
        let client = command == 0x20 ? nil : try client(family, block)
        return ProxyHeader(client: client, bytes: fixedBytes + length)
    }

    /// Further facts (TLV) stand behind the addresses and are passed over.
    private static func client(_ family: UInt8, _ block: ArraySlice<UInt8>) throws(Refusal) -> PeerAddress? {
        let size: Int
        switch family {
        case 0x11: size = 4
        case 0x21: size = 16
        // Not told, or a Unix socket.
        case 0x00, 0x31: return nil
        default: throw .malformed
        }
        guard block.count >= 2 * size + 4 else { throw .malformed }
        let port = block[(block.startIndex + 2 * size)...].prefix(2)
        return PeerAddress(bytes: Array(block.prefix(size)), port: port.reduce(0) { $0 << 8 | Int($1) })
    }
}
