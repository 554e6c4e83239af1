/// Turns a P-256 signature from DER (RFC 3279, section 2.2.3) to `r ‖ s` of 64 bytes (RFC 7518, section 3.4) and
/// back.
enum ECDSASignature {
    static let rawBytes = 64
    /// SEQUENCE of two INTEGERs of up to 33 bytes, each with two bytes of tag and length.
    static let derBytesMax = 72

    /// DER of `raw`, which has 64 bytes.
    static func der(raw: [UInt8]) -> [UInt8] {
        let body = integer(raw[..<32]) + integer(raw[32...])
        return [0x30, UInt8(body.count)] + body
    }

    private static func integer(_ magnitude: ArraySlice<UInt8>) -> [UInt8] {
        var digits = Array(magnitude.drop { $0 == 0 })
        // A set top bit would read as a negative number, and no digit at all is not an integer.
        if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
        return [0x02, UInt8(digits.count)] + digits
    }

    /// `r ‖ s` of DER that libcrypto wrote, nil for anything else.
    static func raw(der: [UInt8]) -> [UInt8]? {
        guard der.count >= 2, der[0] == 0x30, Int(der[1]) == der.count - 2 else { return nil }
        var rest = der[2...]
        guard let r = fixedInteger(&rest), let s = fixedInteger(&rest), rest.isEmpty else { return nil }
        return r + s
    }

    private static func fixedInteger(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.count >= 2, rest.removeFirst() == 0x02 else { return nil }
        let length = Int(rest.removeFirst())
        guard (1...33).contains(length), length <= rest.count else { return nil }
        let digits = rest.prefix(length).drop { $0 == 0 }
        rest = rest.dropFirst(length)
        guard digits.count <= 32 else { return nil }
        return [UInt8](repeating: 0, count: 32 - digits.count) + digits
    }
}
