/// Eight lower-case hexadecimal digits at once, as the eight bytes of a word: ids are written and read for every
/// request.
package enum HexWord {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let lows: UInt64 = 0x0F0F_0F0F_0F0F_0F0F

    /// The digits of `value`, the first in the most significant byte.
    package static func encode(_ value: UInt32) -> UInt64 {
        var nibbles = UInt64(value)
        nibbles = (nibbles << 16 | nibbles) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles << 8 | nibbles) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles << 4 | nibbles) & 0x0F0F_0F0F_0F0F_0F0F
        // Above nine, six more carry into the fifth bit.
        let letters = (nibbles &+ ones &* 6) >> 4 & ones
        return nibbles &+ ones &* 0x30 &+ letters &* 0x27
    }

    /// What the digits stand for, the first in the most significant byte; nil where one is no lower-case digit.
    static func decode(_ digits: UInt64) -> UInt32? {
        let letters = digits >> 6 & ones
        var nibbles = ((digits & lows) &+ letters &* 9) & lows
        nibbles = (nibbles >> 4 | nibbles) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles >> 8 | nibbles) & 0x0000_FFFF_0000_FFFF
        let value = UInt32(truncatingIfNeeded: nibbles >> 16 | nibbles)
        // Whatever else has these nibbles is written otherwise.
        return encode(value) == digits ? value : nil
    }
}
