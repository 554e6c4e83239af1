internal import Contract
internal import Primitives
internal import Protocol
internal import ServiceKit

/// What a list of published articles is narrowed to.
struct ArticleFilter: Sendable, Hashable {
    var tag: String?
    var author: AccountID?
    var locale: String?

    /// The list of this filter, for cursors.
    var list: ListIdentity {
        ListIdentity(
            operation: ListArticles.operationID, order: "newest-first", filter: [tag, author?.description, locale])
    }
}

/// A place in the order of lists, newest first: what comes next is what lies before it in time.
struct ListPosition: Sendable, Hashable {
    let publishedAt: Timestamp
    let id: ArticleID

    /// Before the first item: later than all times of four-digit years.
    static let start = ListPosition(
        publishedAt: Timestamp(seconds: 253_402_300_800), id: ArticleID(UUIDv7(high: .max, low: .max)))
}

extension ListPosition {
    private static let words = 3

    /// Microseconds and id, big-endian.
    var bytes: [UInt8] {
        [UInt64(bitPattern: publishedAt.microseconds), id.uuid.high, id.uuid.low].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - $0 * 8)) }
        }
    }

    init?(bytes: [UInt8]) {
        guard bytes.count == Self.words * 8 else { return nil }
        func word(_ index: Int) -> UInt64 {
            bytes[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
        self.init(
            publishedAt: Timestamp(microseconds: Int64(bitPattern: word(0))),
            id: ArticleID(UUIDv7(high: word(1), low: word(2))))
    }
}
