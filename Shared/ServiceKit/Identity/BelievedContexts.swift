internal import Contract
internal import Glibc
internal import Primitives
internal import Synchronization

/// Caller contexts whose signature was found right, by their whole text. Only such are kept, so nobody without a key
/// can fill it.
final class BelievedContexts: Sendable {
    /// Texts that are kept; above it the expired go, and all of them where none is.
    static let keptMax = 4096
    /// Longer texts are verified each time.
    static let textBytesMax = 1024

    struct Entry: Sendable {
        let context: CallerContext
        /// The last second in which it is good, since 1970.
        let expiry: Int64
    }

    private struct Belief {
        let text: [UInt8]
        let entry: Entry
    }

    /// By the last bytes of the text: that is where the tag is, which nobody without a key can choose.
    private let beliefs = Mutex<[UInt64: Belief]>([:])

    var count: Int { beliefs.withLock { $0.count } }

    subscript(text: ArraySlice<UInt8>) -> Entry? {
        let key = Self.key(text)
        return beliefs.withLock { beliefs in
            guard let belief = beliefs[key], Self.areEqual(belief.text, text) else { return nil }
            return belief.entry
        }
    }

    func store(_ entry: Entry, for text: ArraySlice<UInt8>, now: Timestamp) {
        guard text.count <= Self.textBytesMax else { return }
        let key = Self.key(text)
        beliefs.withLock { beliefs in
            if beliefs.count >= Self.keptMax { beliefs = beliefs.filter { $0.value.entry.expiry >= now.seconds } }
            if beliefs.count >= Self.keptMax { beliefs.removeAll(keepingCapacity: true) }
            beliefs[key] = Belief(text: Array(text), entry: entry)
        }
    }

    private static func key(_ text: ArraySlice<UInt8>) -> UInt64 {
        text.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func areEqual(_ kept: [UInt8], _ text: ArraySlice<UInt8>) -> Bool {
        guard kept.count == text.count else { return false }
        return kept.withUnsafeBytes { kept in
            text.withUnsafeBytes { text in
                guard let one = kept.baseAddress, let other = text.baseAddress else { return kept.isEmpty }
                return memcmp(one, other, kept.count) == 0
            }
        }
    }
}
