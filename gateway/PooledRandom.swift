internal import Cryptography
internal import Synchronization

/// Random words for request ids and spans, drawn from the system many at a time: one request needs several, and each
/// draw is a system call. It takes from the pool what a request needs, at once.
struct PooledRandom: RandomNumberGenerator {
    private static let wordsPerDraw = 256
    private static let pool = Mutex<[UInt64]>([])

    private var words = InlineArray<5, UInt64>(repeating: 0)
    private var left = 0

    mutating func next() -> UInt64 {
        if left == 0 { take() }
        left -= 1
        return words[left]
    }

    private mutating func take() {
        let count = words.count
        words = Self.pool.withLock { pool in
            if pool.count < count { pool = Self.draw() }
            let start = pool.count - count
            defer { pool.removeLast(count) }
            return InlineArray { pool[start + $0] }
        }
        left = count
    }

    private static func draw() -> [UInt64] {
        let bytes = Random.bytes(wordsPerDraw * 8)
        return (0..<wordsPerDraw).map { word in
            bytes[word * 8..<word * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
