import Testing

@testable import Transport

@Suite struct ProxyHeaderTests {
    static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]

    /// A binary header with a length of its own or the true one.
    static func binary(_ command: UInt8, _ family: UInt8, _ block: [UInt8], length: Int? = nil) -> [UInt8] {
        let length = length ?? block.count
        return signature + [command, family, UInt8(length >> 8), UInt8(length & 255)] + block
    }

    static let four: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 0x04, 0x01, 0xbb]
    static let six: [UInt8] =
        [0x20, 1, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1] + [UInt8](repeating: 0, count: 15) + [1]
        + [0xdc, 0x04, 0x01, 0xbb]

    /// Headers and whom they tell; nil for nobody.
    static let sound: [([UInt8], client: String?)] = [
        (Array("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n".utf8), "192.0.2.1:56324"),
        (Array("PROXY TCP6 2001:db8::1 ::1 56324 443\r\n".utf8), "2001:db8::1:56324"),
        (Array("PROXY TCP6 ::ffff:192.0.2.1 ::1 0 443\r\n".utf8), "192.0.2.1:0"),
        (Array("PROXY UNKNOWN\r\n".utf8), nil),
        (Array("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n".utf8), nil),
        (binary(0x21, 0x11, four), "192.0.2.1:56324"),
        (binary(0x21, 0x21, six), "2001:db8::1:56324"),
        // Further facts: a checksum, an authority, a type that nobody knows.
        (binary(0x21, 0x11, four + [3, 0, 4, 1, 2, 3, 4, 2, 0, 1, 97, 0xee, 0, 0]), "192.0.2.1:56324"),
        (binary(0x20, 0x00, []), nil),
        // What stands beside LOCAL counts for nothing, or a proxy's own check would come from anywhere.
        (binary(0x20, 0x11, four), nil),
        (binary(0x21, 0x00, [1, 2, 3]), nil),
        (binary(0x21, 0x31, [UInt8](repeating: 1, count: 216)), nil),
    ]

    static let broken: [([UInt8], ProxyHeader.Refusal)] =
        [
            ("GET / HTTP/1.1\r\n", .missing), ("\u{16}\u{03}\u{01}", .missing), ("proxy TCP4 ", .missing),
            ("PROXY  TCP4", .malformed), ("PROXY TCP4\r\n", .malformed), ("PROXY \r\n", .malformed),
            ("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\n", .malformed),
            ("PROXY TCP4 192.0.2.1 198.51.100.1 56324  443\r\n", .malformed),
            ("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 1\r\n", .malformed),
            ("PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n", .malformed),
            ("PROXY TCP4 192.0.2.1 198.51.100.1 +1 443\r\n", .malformed),
            ("PROXY TCP4 192.0.2.1 198.51.100.1 01 443\r\n", .malformed),
            ("PROXY TCP4 192.0.2.01 198.51.100.1 1 443\r\n", .malformed),
            ("PROXY TCP4 ::1 ::1 1 443\r\n", .malformed), ("PROXY TCP6 192.0.2.1 ::1 1 443\r\n", .malformed),
            ("PROXY TCP4 192.0.2.1 nobody 1 443\r\n", .malformed), ("PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n", .malformed),
            ("PROXY UNKNOWN " + String(repeating: "a", count: 100) + "\r\n", .tooLong),
        ].map { text, refusal in
            let padded = text.hasSuffix("\n") ? text : text + String(repeating: " ", count: 107) + "\r\n"
            return (Array((refusal == .missing ? text : padded).utf8), text == "PROXY  TCP4" ? .tooLong : refusal)
        } + [
            (binary(0x11, 0x11, four), .malformed), (binary(0x22, 0x11, four), .malformed),
            (binary(0x21, 0x12, four), .malformed), (binary(0x21, 0x10, four), .malformed),
            (binary(0x21, 0x41, four), .malformed), (binary(0x21, 0x11, Array(four.dropLast())), .malformed),
            (binary(0x21, 0x21, four), .malformed), (binary(0x21, 0x11, [], length: 0xffff), .tooLong),
        ]

    @Test(arguments: sound) func whatIsTold(header: [UInt8], client: String?) throws {
        let rest = Array("GET / HTTP/1.1\r\n".utf8)
        let parsed = try #require(try ProxyHeader.parse(header + rest))
        #expect(parsed.client.map { "\($0.text):\($0.port)" } == client)
        #expect(parsed.bytes == header.count)
        for end in 0..<header.count { #expect(try ProxyHeader.parse(header[..<end]) == nil, "\(end) bytes") }
    }

    @Test(arguments: broken) func whatIsNone(header: [UInt8], refusal: ProxyHeader.Refusal) {
        #expect(throws: refusal) { _ = try ProxyHeader.parse(header) }
    }

    @Test func whateverComes() throws {
        var generator = SystemRandomNumberGenerator()
        for round in 0..<4000 {
            var bytes = Self.sound[round % Self.sound.count].0
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch round % 3 {
                case 0: bytes[place] = .random(in: 0...255, using: &generator)
                case 1: bytes.insert(.random(in: 0...255, using: &generator), at: place)
                default: if bytes.count > 1 { bytes.remove(at: place) }
                }
            }
            guard let parsed = try? ProxyHeader.parse(bytes) else { continue }
            #expect(parsed.bytes <= bytes.count)
            if let client = parsed.client { #expect(PeerAddress(text: client.text)?.bytes == client.bytes) }
        }
    }
}
