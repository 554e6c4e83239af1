internal import Contract
internal import JSON
internal import Postgres
internal import Primitives
internal import Protocol

/// What all representations of articles have in common.
enum Representation {
    /// The only type of content so far.
    static let type = "article"

    /// Counted up when the same row comes to be printed differently, so that caches let go of the old print.
    private static let revision: UInt8 = 1

    /// The validator of a representation: the version, and a hash of what else it shows.
    static func etag(version: Int, author: AuthorView, publishedAt: Timestamp?) -> EntityTag {
        var hash = FNV1a()
        hash.add(revision)
        hash.add(author.handle)
        hash.add(author.displayName)
        hash.add(publishedAt?.microseconds ?? 0)
        return EntityTag(version: version, hash: String(hash.value, radix: 36))
    }

    /// The tree of a stored object. Most articles have an empty one.
    static func data(_ stored: JSONBytes) -> JSONValue {
        if stored == ArticleText.noData { return .object([:]) }
        // What Postgres prints of a `jsonb` always parses; an object that did not would be shown as none.
        return (try? JSONValue.parse(stored.bytes)) ?? .object([:])
    }
}

/// FNV-1a with 64 bits (draft-eastlake-fnv): cheap, and good enough to tell representations apart. Nothing secret or
/// hostile depends on it.
struct FNV1a {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
    }

    /// Adds the text and its end, so that two texts are not taken for their concatenation.
    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
        add(UInt8(0))
    }

    mutating func add(_ number: Int64) {
        for shift in stride(from: 0, to: 64, by: 8) { add(UInt8(truncatingIfNeeded: number >> Int64(shift))) }
    }
}
