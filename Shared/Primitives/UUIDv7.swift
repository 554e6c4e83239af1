/// A time-ordered universally unique identifier, version 7 (RFC 9562, section 5.7).
///
/// The first 48 bits are milliseconds since 1970, the rest is random, so that identifiers made later sort later and
/// index pages fill from one end.
package struct UUIDv7: Hashable, Sendable, Comparable {
    package let high: UInt64
    package let low: UInt64

    /// The identifier with these bits, most significant first. Any version is taken: databases hold what they hold.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new identifier for `timestamp`.
    package init(at timestamp: Timestamp = .now) {
        var generator = SystemRandomNumberGenerator()
        self.init(at: timestamp, using: &generator)
    }

    /// A new identifier whose random bits come from `generator`: fixtures pass a seeded one.
    package init(at timestamp: Timestamp, using generator: inout some RandomNumberGenerator) {
        let milliseconds = UInt64(clamping: timestamp.microseconds / 1000) & 0xFFFF_FFFF_FFFF
        high = milliseconds << 16 | 0x7000 | (generator.next() as UInt64) & 0x0FFF
        low = 0x8000_0000_0000_0000 | (generator.next() as UInt64) >> 2
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension UUIDv7: LosslessStringConvertible {
    /// Parses the canonical lower-case form, `8-4-4-4-12`; any other spelling is nil, so that an identifier has one
    /// spelling only.
    package init?(_ text: String) {
        var text = text
        let parsed: (UInt64, UInt64)? = text.withUTF8 { UUIDv7.parse($0) }
        guard let (high, low) = parsed else { return nil }
        self.init(high: high, low: low)
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> (UInt64, UInt64)? {
        guard bytes.count == 36 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Hex.lowercaseDigit(byte) else { return nil }
            if index < 18 { high = high << 4 | UInt64(digit) } else { low = low << 4 | UInt64(digit) }
        }
        return (high, low)
    }

    /// How long the canonical form is, in ASCII characters.
    package static let textBytes = 36

    /// Writes the canonical form into `buffer`, which has room for `textBytes`.
    package func write(to buffer: UnsafeMutableBufferPointer<UInt8>) {
        var at = 0
        for nibble in 0..<32 {
            if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                buffer[at] = UInt8(ascii: "-")
                at += 1
            }
            let word = nibble < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - nibble % 16 * 4) & 0xF)
            buffer[at] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            at += 1
        }
    }

    /// The canonical lower-case form, `8-4-4-4-12`.
    package var description: String {
        String(unsafeUninitializedCapacity: Self.textBytes) { buffer in
            write(to: buffer)
            return Self.textBytes
        }
    }
}
