internal import HTTP
internal import NIOCore

extension FuzzTarget {
    /// A request's header block means the same whether it comes in one piece, so that its long strings are unpacked
    /// before the library sees them, or in two, so that the library sees what was sent.
    static let headerBlock = FuzzTarget(
        name: "header-block",
        dictionary: ["\u{0}", "\u{10}", "@", "A", "\u{3F}\u{7F}", "\u{4}", "\u{f}\u{8}", "\u{7F}"]
    ) { (bytes) throws(FuzzFinding) in
        let block = bytes.prefix(16_384)
        let length = [16, 8, 0].map { UInt8(truncatingIfNeeded: block.count >> $0) }
        // Twice, since the second time its strings are those that came last.
        let frames = [1, 3].map { length + [1, 5, 0, 0, 0, $0] + block }
        let whole = reading(frames.map { $0[...] })
        let parted = reading(frames.flatMap { [$0.prefix($0.count - 1), $0.suffix(1)] })
        try require(whole.heads == parted.heads, "the heads differ")
        try require(whole.output == parted.output, "the answers differ")
    }

    private static func reading(_ pieces: [ArraySlice<UInt8>]) -> (heads: [RequestHead], output: ByteBuffer) {
        let peer = AnsweringPeer()
        var output = ByteBuffer()
        for piece in [preface[...]] + pieces {
            // What it refuses shows in what it answers.
            piece.withUnsafeBytes { try? peer.session.receive($0, now: 1) }
        }
        try? peer.session.fillOutput(&output, bytesMax: 1 << 20, now: 1)
        peer.session.connectionLost(.cancel)
        return (peer.accepted, output)
    }
}
