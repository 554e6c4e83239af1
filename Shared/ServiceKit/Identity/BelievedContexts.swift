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

    private let entries = Mutex<[String: Entry]>([:])

    var count: Int { entries.withLock { $0.count } }

    subscript(text: String) -> Entry? {
        entries.withLock { entries in
            // Strings that Unicode takes for equal are equal; what it takes for equal to ASCII has more bytes.
            guard let index = entries.index(forKey: text), entries[index].key.utf8.count == text.utf8.count else {
                return nil
            }
            return entries[index].value
        }
    }

    func store(_ entry: Entry, for text: String, now: Timestamp) {
        guard text.utf8.count <= Self.textBytesMax else { return }
        entries.withLock { entries in
            if entries.count >= Self.keptMax { entries = entries.filter { $0.value.expiry >= now.seconds } }
            if entries.count >= Self.keptMax { entries.removeAll(keepingCapacity: true) }
            entries[text] = entry
        }
    }
}
