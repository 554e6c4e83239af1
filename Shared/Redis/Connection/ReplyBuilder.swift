/// Builds a `RedisReply` from the parser's calls, which come depth first, and refuses what is too large.
///
/// The parser itself takes any array length up to `INT_MAX` and nests seven deep.
final class ReplyBuilder {
    private struct Frame {
        let count: Int
        var elements: [RedisReply]
    }

    private let elementsMax: Int
    private var elementsLeft: Int
    private var frames: [Frame] = []
    private var root: RedisReply?
    /// Set once the parser was told to stop because of the bound.
    private(set) var hasRefused = false

    /// What is reserved for an array before its elements are there; a length is only a claim.
    private static let reservedElementsMax = 64

    init(elementsMax: Int) {
        self.elementsMax = elementsMax
        elementsLeft = elementsMax
    }

    /// An array of `count` elements begins. False: too many.
    func beginArray(_ count: Int) -> Bool {
        guard count >= 0, count <= elementsLeft else {
            hasRefused = true
            return false
        }
        elementsLeft -= count
        guard count > 0 else {
            append(.array([]))
            return true
        }
        var elements: [RedisReply] = []
        elements.reserveCapacity(min(count, Self.reservedElementsMax))
        frames.append(Frame(count: count, elements: elements))
        return true
    }

    func append(_ reply: RedisReply) {
        var reply = reply
        while !frames.isEmpty {
            let last = frames.count - 1
            frames[last].elements.append(reply)
            guard frames[last].elements.count == frames[last].count else { return }
            reply = .array(frames.removeLast().elements)
        }
        root = reply
    }

    /// The finished reply; the builder is ready for the next.
    func take() -> RedisReply? {
        defer { reset() }
        return root
    }

    func reset() {
        frames.removeAll()
        root = nil
        elementsLeft = elementsMax
    }
}
