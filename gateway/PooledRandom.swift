internal import Cryptography
internal import Synchronization

/// Random words for request ids and spans, drawn from the system many at a time: one request needs several, and each
/// draw is a system call.
struct PooledRandom: RandomNumberGenerator {
    private static let wordsPerDraw = 256
    private static let pool = Mutex<[UInt64]>([])

    mutating func next() -> UInt64 {
        Self.pool.withLock { words in
            if words.isEmpty { words = Self.draw() }
            return words.removeLast()
        }
    }

    private static func draw() -> [UInt64] {
        let bytes = Random.bytes(wordsPerDraw * 8)
        return (0..<wordsPerDraw).map { word in
            bytes[word * 8..<word * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
