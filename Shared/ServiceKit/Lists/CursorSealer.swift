internal import Cryptography
package import Primitives

/// Which list a cursor goes on in: a cursor of one is none of another.
package struct ListIdentity: Sendable, Hashable {
    /// The operation's id.
    package let operation: String
    /// The name of the order, such as `newest-first`.
    package let order: String
    /// What the list is narrowed to, each parameter in its place; nil for one that is not given.
    package let filter: [String?]

    package init(operation: String, order: String, filter: [String?]) {
        self.operation = operation
        self.order = order
        self.filter = filter
    }
}

/// Turns positions in lists into cursors and back. A cursor is the position and 16 bytes of an HMAC that covers the
/// list too, so that one made for another list, or by somebody else, is refused.
///
/// A position is not secret: it says what its reader has just read.
package struct CursorSealer: Sendable {
    /// The first seals, all open.
    private let keys: [HMACSHA256]
    private static let tagBytes = 16
    /// Keeps the MACs of cursors apart from all others that a key might make.
    private static let purpose = "causeway-cursor-1"

    package init(keys: [Secret<[UInt8]>]) {
        self.keys = keys.map(HMACSHA256.init(key:))
    }

    package func seal(_ position: [UInt8], for list: ListIdentity) -> String {
        Base64URL.encode(position + Self.tag(of: position, list, keys[0]))
    }

    /// The position that `cursor` stands for, or nil where it was not made here for `list`.
    package func open(_ cursor: String, for list: ListIdentity) -> [UInt8]? {
        guard let bytes = Base64URL.decode(cursor), bytes.count >= Self.tagBytes else { return nil }
        let position = Array(bytes.dropLast(Self.tagBytes))
        let tag = Array(bytes.suffix(Self.tagBytes))
        guard keys.contains(where: { ConstantTime.areEqual(Self.tag(of: position, list, $0), tag) }) else {
            return nil
        }
        return position
    }

    private static func tag(of position: [UInt8], _ list: ListIdentity, _ key: HMACSHA256) -> [UInt8] {
        // Each part behind its length, so that no two inputs read the same.
        var message: [UInt8] = []
        for part in [purpose, list.operation, list.order] + list.filter {
            message.append(part == nil ? 0 : 1)
            append(Array((part ?? "").utf8), to: &message)
        }
        append(position, to: &message)
        return Array(key.authenticate(message).prefix(tagBytes))
    }

    private static func append(_ part: [UInt8], to message: inout [UInt8]) {
        for shift in [24, 16, 8, 0] { message.append(UInt8(truncatingIfNeeded: part.count >> shift)) }
        message += part
    }
}
