internal import HTTP
internal import NIOCore

/// A server's side of one connection, which answers each request with a little.
final class AnsweringPeer: HTTP2SessionDelegate, HTTP2StreamReceiver {
    let session: HTTP2Session
    var accepted: [RequestHead] = []
    var streamsClosed = 0

    init() {
        session = HTTP2Session(role: .server, limits: HTTP2Limits())
        session.delegate = self
    }

    func accept(_ stream: HTTP2Stream, head: consuming RequestHead, ended: Bool) {
        accepted.append(head)
        stream.receiver = self
        session.respond(stream, ResponseHead(status: 200), body: ByteBuffer(string: "answer"))
    }
    func goAwayReceived(lastStreamID: Int32, code: HTTP2ErrorCode) {}
    func settingsReceived() {}
    func streamClosed() { streamsClosed += 1 }
    func pingAcknowledged() {}
    func limitActed(_ reason: String) {}
    func budgetSpent() { session.terminate(.enhanceYourCalm) }

    func received(response head: ResponseHead, ended: Bool) {}
    func received(body bytes: UnsafeRawBufferPointer) {}
    func received(trailers: HeaderFields) {}
    func receivedEnd() {}
    func outboundDrained() {}
    func closed(_ code: HTTP2ErrorCode) {}
}

extension FuzzTarget {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]

    /// Bytes behind the preface, in reads of the size that the first byte says: the session stays within its limits.
    static let http2Session = FuzzTarget(
        name: "http2-session",
        dictionary: [
            "\0\0\0\u{4}\0\0\0\0\0", "\0\0\u{8}\u{6}\0\0\0\0\0", "\0\0\u{4}\u{3}\0\0\0\0\u{1}",
            "\0\0\u{4}\u{8}\0\0\0\0\0",
            "\0\0\u{5}\u{2}\0\0\0\0\u{1}", "\0\0\0\u{1}\u{5}\0\0\0\u{1}", "\0\0\u{1}\0\u{1}\0\0\0\u{1}",
            "\0\0\0\u{9}\u{4}\0\0\0\u{1}", "A\u{1}a",
        ]
    ) { (bytes) throws(FuzzFinding) in
        let peer = AnsweringPeer()
        let limits = peer.session.limits
        let size = max(1, Int(bytes.first ?? 64))
        var rest = (preface + bytes.dropFirst())[...]
        var sentBytes = 0
        while !rest.isEmpty, !peer.session.isTerminated {
            let piece = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            let isAlive = piece.withUnsafeBytes { (try? peer.session.receive($0, now: 1)) != nil }
            var output = ByteBuffer()
            let isSent = (try? peer.session.fillOutput(&output, bytesMax: 1 << 20, now: 1)) != nil
            sentBytes += output.readableBytes
            try require(peer.session.streams.count <= limits.concurrentStreamsMax + 1, "too many streams")
            try require(peer.session.outboundBytes >= 0, "less than nothing waits")
            guard isAlive, isSent else { break }
        }
        // An answer's head and body, or a control frame, for each frame of nine bytes at least.
        try require(sentBytes <= 400 + 20 * bytes.count, "\(sentBytes) bytes for \(bytes.count)")
        peer.session.connectionLost(.cancel)
        try require(peer.session.streams.isEmpty && peer.session.outboundBytes == 0, "something is left")
    }
}
