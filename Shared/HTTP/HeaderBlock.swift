internal import Glibc

/// A header block of HPACK (RFC 7541, section 6), as far as it has to be understood to find the strings in it.
enum HeaderBlock {
    /// Strings of fewer coded bytes are left as they are.
    static let unpackedBytesMin = 24

    /// Room for what a block of so many bytes may become: each of its long strings may have a longer length too.
    static func room(for bytes: Int) -> Int { HuffmanCode.room(for: bytes) + bytes / 8 + 8 }

    /// Writes the block with its long strings as they are instead of in Huffman code, for which the library needs four
    /// times as long. Means the same to every decoder.
    ///
    /// - Parameters:
    ///   - unpacked: has `room(for:)`.
    ///   - recent: of the connection.
    /// - Returns: how many bytes were written; nil where nothing is to be gained, or the block is in some way not as it
    ///   should be, which is for the library to say.
    static func unpack(
        _ block: UnsafeRawBufferPointer, to unpacked: UnsafeMutableRawPointer, _ recent: inout RecentString
    ) -> Int? {
        var (read, copied, written) = (0, 0, 0)
        while read < block.count {
            // What a field begins with tells its kind, and leaves so many bits to its index.
            let indexBits = unsafe 7 - min(block[read].leadingZeroBitCount, 3)
            guard let index = unsafe integer(block, &read, bits: indexBits) else { return nil }
            // A field of the table, and a change of the table's size, have no string; a name of the table is none.
            let isLiteral = indexBits == 6 || indexBits == 4
            for _ in 0..<(isLiteral ? index == 0 ? 2 : 1 : 0) {
                guard read < block.count else { return nil }
                let start = read
                let isCoded = unsafe block[read] & 0x80 != 0
                guard let length = unsafe integer(block, &read, bits: 7), length <= block.count - read else {
                    return nil
                }
                let code = unsafe UnsafeRawBufferPointer(rebasing: block[read..<read + length])
                read += length
                guard isCoded, length >= unpackedBytesMin else { continue }
                unsafe append(block, copied..<start, to: unpacked, &written)
                guard unsafe append(code, to: unpacked, &written, &recent) else { return nil }
                copied = read
            }
        }
        guard copied > 0 else { return nil }
        unsafe append(block, copied..<read, to: unpacked, &written)
        return written
    }

    /// What was not in code.
    private static func append(
        _ block: UnsafeRawBufferPointer, _ range: Range<Int>, to unpacked: UnsafeMutableRawPointer, _ written: inout Int
    ) {
        guard !range.isEmpty, let start = block.baseAddress else { return }
        unsafe (unpacked + written).copyMemory(from: start + range.lowerBound, byteCount: range.count)
        written += range.count
    }

    /// A string that was in code: its length, and itself (section 5.2).
    private static func append(
        _ code: UnsafeRawBufferPointer, to unpacked: UnsafeMutableRawPointer, _ written: inout Int,
        _ recent: inout RecentString
    ) -> Bool {
        // Its length is known only afterwards, and is of three bytes at most.
        let lengthBytesMax = 3
        let text = unsafe unpacked + written + lengthBytesMax
        guard let count = unsafe undo(code, to: text, &recent), count < 127 + 1 << 14 else { return false }
        unsafe put(min(count, 127), unpacked, &written)
        if count >= 127 {
            var rest = count - 127
            while rest >= 128 {
                unsafe put(rest & 127 | 128, unpacked, &written)
                rest >>= 7
            }
            unsafe put(rest, unpacked, &written)
        }
        unsafe memmove(unpacked + written, text, count)
        written += count
        return true
    }

    private static func undo(
        _ code: UnsafeRawBufferPointer, to text: UnsafeMutableRawPointer, _ recent: inout RecentString
    ) -> Int? {
        if let count = unsafe recent.copy(code, to: text) { return count }
        guard let count = unsafe HuffmanCode.shared.decode(code, to: text) else { return nil }
        unsafe recent.keep(code, is: UnsafeRawBufferPointer(start: text, count: count))
        return count
    }

    private static func put(_ byte: Int, _ unpacked: UnsafeMutableRawPointer, _ written: inout Int) {
        unsafe unpacked.storeBytes(of: UInt8(byte), toByteOffset: written, as: UInt8.self)
        written += 1
    }

    /// Reads an integer with a prefix of so many bits (section 5.1); nil where the block ends within, or it is larger
    /// than any length here.
    private static func integer(_ block: UnsafeRawBufferPointer, _ read: inout Int, bits: Int) -> Int? {
        let mask = 1 << bits - 1
        var value = unsafe Int(block[read]) & mask
        read += 1
        guard value == mask else { return value }
        for shift in [0, 7, 14] {
            guard read < block.count else { return nil }
            let byte = unsafe Int(block[read])
            read += 1
            value += (byte & 127) << shift
            if byte & 128 == 0 { return value }
        }
        return nil
    }
}
