/// Finds how far a run of bytes goes that a JSON string holds unescaped, eight bytes at a time.
enum PlainRun {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// Whether any of the eight bytes is a control character, `"` or `\`.
    ///
    /// Subtracting borrows out of a byte only where the byte is smaller than what is taken from it, so a set top bit
    /// (in a byte whose own top bit was clear) tells that such a byte is there, though not always which.
    @inline(__always)
    private static func needsEscape(_ word: UInt64) -> Bool {
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let control = (word &- ones &* 0x20) & ~word
        let found = control | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
        return found & tops != 0
    }

    @inline(__always)
    static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x22 || byte == 0x5C
    }

    /// The first index at or after `start` whose byte must be escaped, or the count.
    static func endOfUnescaped(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var at = start
        while at + 8 <= raw.count, !needsEscape(raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)) { at += 8 }
        while at < bytes.count, !needsEscape(bytes[at]) { at += 1 }
        return at
    }

    /// The first index at or after `start` whose byte must be escaped or is not ASCII, or the count.
    static func endOfPlainASCII(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var at = start
        while at + 8 <= raw.count {
            let word = raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            guard word & tops == 0, !needsEscape(word) else { break }
            at += 8
        }
        while at < bytes.count, bytes[at] < 0x80, !needsEscape(bytes[at]) { at += 1 }
        return at
    }
}
