/// The Huffman code of HPACK (RFC 7541, appendix B), for the characters that tokens, cookies and paths are made of:
/// those of at most 14 bits, which is ASCII that can be printed but for four characters.
///
/// The library reads the code half a byte at a time, which for an access token takes a seventh of what a proxied
/// request costs; this reads two characters at a time, in a quarter of that.
// @unchecked: the tables are written once, in `init`, and never freed.
@safe
struct HuffmanCode: @unchecked Sendable {
    /// By the next 14 bits: how many of them the characters there take; 0 where no known one begins.
    private let bitCounts: UnsafeMutablePointer<UInt8>
    private let characters: UnsafeMutablePointer<Pair>

    static let shared = HuffmanCode()

    /// The characters at the beginning of 14 bits: one or two of them.
    private struct Pair {
        var first: UInt8 = 0
        var second: UInt8 = 0
        var count: UInt8 = 0
        var firstBits: UInt8 = 0
    }

    private static let bitsMax = 14
    /// The code is canonical: characters of the same length are numbered in this order.
    private static let charactersByBits: [(bits: Int, characters: String)] = [
        (5, "012aceiost"), (6, " %-./3456789=A_bdfghlmnpru"), (7, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"), (8, "&*,;XZ"),
        (10, "!\"()?"), (11, "'+|"), (12, "#>"), (13, "\0$@[]~"), (14, "^}"),
    ]

    private init() {
        let size = 1 << Self.bitsMax
        let single = Self.singleCharacters()
        unsafe bitCounts = .allocate(capacity: size)
        unsafe characters = .allocate(capacity: size)
        for bits in 0..<size {
            var pair = single[bits]
            var taken = Int(pair.firstBits)
            if taken > 0 {
                let next = single[(bits << taken) & (size - 1)]
                if next.count > 0, taken + Int(next.firstBits) <= Self.bitsMax {
                    (pair.second, pair.count) = (next.first, 2)
                    taken += Int(next.firstBits)
                }
            }
            unsafe (bitCounts + bits).initialize(to: UInt8(taken))
            unsafe (characters + bits).initialize(to: pair)
        }
    }

    /// By 14 bits, the one character that they begin with.
    private static func singleCharacters() -> [Pair] {
        var single = [Pair](repeating: Pair(), count: 1 << bitsMax)
        var (code, codeBits) = (0, 5)
        for (bits, characters) in charactersByBits {
            code <<= bits - codeBits
            codeBits = bits
            for character in characters.utf8 {
                let first = code << (bitsMax - bits)
                for at in first..<first + (1 << (bitsMax - bits)) {
                    single[at] = Pair(first: character, count: 1, firstBits: UInt8(bits))
                }
                code += 1
            }
        }
        return single
    }

    /// How many characters so many bytes may stand for, and what is written beyond them.
    static func room(for bytes: Int) -> Int { bytes * 8 / 5 + 2 }

    /// Writes what the code stands for.
    ///
    /// - Parameter text: has `room(for:)`.
    /// - Returns: how many characters there are; nil where the code is wrong, or has a character that is not known
    ///   here.
    func decode(_ code: UnsafeRawBufferPointer, to text: UnsafeMutableRawPointer) -> Int? {
        guard let start = code.baseAddress else { return 0 }
        var at = unsafe text
        let end = code.count
        // The next bits of the code, the first one on top, and how many of them there are.
        var (bits, held, read): (UInt64, Int, Int) = (0, 0, 0)
        while read + 8 <= end {
            // 56 bits are four steps of 14.
            bits |= unsafe UInt64(bigEndian: (start + read).loadUnaligned(as: UInt64.self)) >> UInt64(held)
            read += (63 - held) >> 3
            held |= 56
            for _ in 0..<4 {
                let next = Int(truncatingIfNeeded: bits >> 50)
                let taken = unsafe Int(bitCounts[next])
                guard taken > 0 else { return nil }
                let pair = unsafe characters[next]
                unsafe at.storeBytes(of: pair.first, as: UInt8.self)
                unsafe (at + 1).storeBytes(of: pair.second, as: UInt8.self)
                unsafe at += Int(pair.count)
                bits <<= UInt64(taken)
                held -= taken
            }
        }
        while true {
            while held <= 48, read < end {
                bits |= unsafe UInt64(code[read]) << UInt64(56 - held)
                read += 1
                held += 8
            }
            // The last byte is filled up with ones (section 5.2): with more of them, no code of a character fits there.
            let padded = bits | UInt64.max >> UInt64(held)
            let pair = unsafe characters[Int(truncatingIfNeeded: padded >> 50)]
            guard pair.count > 0, pair.firstBits <= held else { break }
            unsafe at.storeBytes(of: pair.first, as: UInt8.self)
            unsafe at += 1
            bits <<= UInt64(pair.firstBits)
            held -= Int(pair.firstBits)
        }
        guard held < 8, bits | UInt64.max >> UInt64(held) == UInt64.max else { return nil }
        return unsafe at - text
    }
}
