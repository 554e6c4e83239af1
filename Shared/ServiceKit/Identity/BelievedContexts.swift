internal import Contract
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

    /// A text, told apart by its end first: that is where the tag is, which nobody without a key can choose.
    private struct Key: Hashable {
        let text: String

        static func == (one: Key, other: Key) -> Bool {
            one.text.utf8.count == other.text.utf8.count && one.text == other.text
        }

        func hash(into hasher: inout Hasher) {
            var text = text
            hasher.combine(
                text.withUTF8 { bytes in
                    bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                })
        }
    }

    private let entries = Mutex<[Key: Entry]>([:])

    var count: Int { entries.withLock { $0.count } }

    subscript(text: String) -> Entry? {
        let key = Key(text: text)
        return entries.withLock { $0[key] }
    }

    func store(_ entry: Entry, for text: String, now: Timestamp) {
        guard text.utf8.count <= Self.textBytesMax else { return }
        entries.withLock { entries in
            if entries.count >= Self.keptMax { entries = entries.filter { $0.value.expiry >= now.seconds } }
            if entries.count >= Self.keptMax { entries.removeAll(keepingCapacity: true) }
            entries[Key(text: text)] = entry
        }
    }
}
