/// How hard to try. The usual values are those from which on more time gains little: of 64 KiB of JSON, Brotli 2 makes
/// as little as gzip 6 in a third of the time, and what is beyond Brotli 2 and gzip 3 costs half as much again and more
/// for a few percent (`compose/local/bench.sh compression` prints them all).
package struct CompressionQuality: Sendable, Hashable {
    /// 0...11.
    package var brotli: Int
    /// 1...9.
    package var gzip: Int

    package init(brotli: Int = 2, gzip: Int = 3) {
        self.brotli = brotli
        self.gzip = gzip
    }

    /// For what is compressed once and sent often.
    package static let once = CompressionQuality(brotli: 9, gzip: 9)
}
