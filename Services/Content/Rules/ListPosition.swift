internal import Contract
internal import Cryptography
internal import Primitives
internal import Protocol

/// What a list of published articles is narrowed to.
struct ArticleFilter: Sendable, Hashable {
    var tag: String?
    var author: AccountID?
    var locale: String?
}

/// A place in the order of lists, newest first: what comes next is what lies before it in time.
struct ListPosition: Sendable, Hashable {
    let publishedAt: Timestamp
    let id: ArticleID

    /// Before the first item: later than all times of four-digit years.
    static let start = ListPosition(
        publishedAt: Timestamp(seconds: 253_402_300_800), id: ArticleID(UUIDv7(high: .max, low: .max)))
}

/// Turns positions into cursors and back. A cursor is 24 bytes of position and 16 of an HMAC that also covers the
/// filter and the order, so that one made for another list, or by somebody else, is refused.
struct CursorSealer: Sendable {
    /// The first seals, all open.
    private let keys: [HMACSHA256]
    private static let positionBytes = 24
    private static let tagBytes = 16

    init(keys: [Secret<[UInt8]>]) {
        self.keys = keys.map(HMACSHA256.init(key:))
    }

    func seal(_ position: ListPosition, for filter: ArticleFilter) -> String {
        let bytes = Self.encode(position)
        return Base64URL.encode(bytes + Self.tag(of: bytes, filter, keys[0]))
    }

    /// The position that `cursor` stands for, or nil where it was not made here for `filter`.
    func open(_ cursor: String, for filter: ArticleFilter) -> ListPosition? {
        guard let bytes = Base64URL.decode(cursor), bytes.count == Self.positionBytes + Self.tagBytes else {
            return nil
        }
        let position = Array(bytes.prefix(Self.positionBytes))
        let tag = Array(bytes.dropFirst(Self.positionBytes))
        guard keys.contains(where: { ConstantTime.areEqual(Self.tag(of: position, filter, $0), tag) }) else {
            return nil
        }
        func word(_ index: Int) -> UInt64 {
            position[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
        return ListPosition(
            publishedAt: Timestamp(microseconds: Int64(bitPattern: word(0))),
            id: ArticleID(UUIDv7(high: word(1), low: word(2))))
    }

    private static func encode(_ position: ListPosition) -> [UInt8] {
        let words = [
            UInt64(bitPattern: position.publishedAt.microseconds), position.id.uuid.high, position.id.uuid.low,
        ]
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - $0 * 8)) } }
    }

    private static func tag(of position: [UInt8], _ filter: ArticleFilter, _ key: HMACSHA256) -> [UInt8] {
        // A purpose of its own, and each part behind its length, so that no two inputs read the same.
        var message: [UInt8] = Array("content.list-articles:newest-first".utf8) + position
        for part in [filter.tag, filter.author?.description, filter.locale] {
            let bytes = Array((part ?? "").utf8)
            message.append(part == nil ? 0 : 1)
            message += [UInt8(truncatingIfNeeded: bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)] + bytes
        }
        return Array(key.authenticate(message).prefix(Self.tagBytes))
    }
}
