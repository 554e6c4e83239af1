/// A time-ordered universally unique identifier, version 7 (RFC 9562, section 5.7).
///
/// The first 48 bits are milliseconds since 1970, the rest is random, so that identifiers made later sort later and
/// index pages fill from one end.
@usableFromInline package struct UUIDv7: Hashable, Sendable, Comparable {
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

    @usableFromInline package static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension UUIDv7: LosslessStringConvertible {
    /// Parses the canonical lower-case form, `8-4-4-4-12`; any other spelling is nil, so that an identifier has one
    /// spelling only.
    @usableFromInline package init?(_ text: String) {
        var text = text
        let parsed: (UInt64, UInt64)? = text.withUTF8 { UUIDv7.parse($0) }
        guard let (high, low) = parsed else { return nil }
        self.init(high: high, low: low)
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> (UInt64, UInt64)? {
        guard bytes.count == textBytes, bytes[8] == dash, bytes[13] == dash, bytes[18] == dash, bytes[23] == dash
        else { return nil }
        let raw = UnsafeRawBufferPointer(bytes)
        func word(_ at: Int) -> UInt64 { UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)) }
        func half(_ at: Int) -> UInt64 {
            UInt64(UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
        }
        guard let first = HexWord.decode(word(0)), let second = HexWord.decode(half(9) << 32 | half(14)),
            let third = HexWord.decode(half(19) << 32 | half(24)), let fourth = HexWord.decode(word(28))
        else { return nil }
        return (UInt64(first) << 32 | UInt64(second), UInt64(third) << 32 | UInt64(fourth))
    }

    private static let dash = UInt8(ascii: "-")

    /// How long the canonical form is, in ASCII characters.
    @usableFromInline package static let textBytes = 36

    /// Writes the canonical form into `buffer`, which has room for `textBytes`.
    @usableFromInline package func write(to buffer: UnsafeMutableBufferPointer<UInt8>) {
        precondition(buffer.count >= Self.textBytes)
        let raw = UnsafeMutableRawBufferPointer(buffer)
        func put(_ digits: UInt64, at offset: Int) {
            raw.storeBytes(of: digits.bigEndian, toByteOffset: offset, as: UInt64.self)
        }
        func putHalves(_ digits: UInt64, at first: Int, _ second: Int) {
            raw.storeBytes(of: UInt32(digits >> 32).bigEndian, toByteOffset: first, as: UInt32.self)
            raw.storeBytes(
                of: UInt32(truncatingIfNeeded: digits).bigEndian, toByteOffset: second, as: UInt32.self)
        }
        put(HexWord.encode(UInt32(high >> 32)), at: 0)
        putHalves(HexWord.encode(UInt32(truncatingIfNeeded: high)), at: 9, 14)
        putHalves(HexWord.encode(UInt32(low >> 32)), at: 19, 24)
        put(HexWord.encode(UInt32(truncatingIfNeeded: low)), at: 28)
        (buffer[8], buffer[13], buffer[18], buffer[23]) = (Self.dash, Self.dash, Self.dash, Self.dash)
    }

    /// The canonical lower-case form, `8-4-4-4-12`.
    @usableFromInline package var description: String {
        String(unsafeUninitializedCapacity: Self.textBytes) { buffer in
            write(to: buffer)
            return Self.textBytes
        }
    }
}
