import NIOCore

@testable import HTTP

/// What happened on one stream.
final class StreamLog: HTTP2StreamReceiver {
    var response: ResponseHead?
    var informational: [Int] = []
    var body: [UInt8] = []
    var trailers: HeaderFields?
    var isEnded = false
    var drains = 0
    var closedWith: HTTP2ErrorCode?

    func received(response head: ResponseHead, ended: Bool) {
        if head.isInformational { informational.append(head.status) } else { response = head }
    }
    func received(body bytes: UnsafeRawBufferPointer) { body.append(contentsOf: bytes) }
    func received(trailers: HeaderFields) { self.trailers = trailers }
    func receivedEnd() { isEnded = true }
    func outboundDrained() { drains += 1 }
    func closed(_ code: HTTP2ErrorCode) { closedWith = code }
}

/// One end of a connection in memory: a session and all it was told.
final class Peer: HTTP2SessionDelegate {
    let session: HTTP2Session
    var accepted: [(stream: HTTP2Stream, head: RequestHead, log: StreamLog)] = []
    var goAway: (last: Int32, code: HTTP2ErrorCode)?
    var limits: [String] = []
    var pings = 0
    var onAccept: ((HTTP2Stream, RequestHead) -> Void)?

    init(_ role: HTTP2Session.Role, _ limits: HTTP2Limits) {
        session = HTTP2Session(role: role, limits: limits)
        session.delegate = self
    }

    func accept(_ stream: HTTP2Stream, head: RequestHead, ended: Bool) {
        let log = StreamLog()
        log.isEnded = ended
        stream.receiver = log
        accepted.append((stream, head, log))
        onAccept?(stream, head)
    }
    func goAwayReceived(lastStreamID: Int32, code: HTTP2ErrorCode) { goAway = (lastStreamID, code) }
    func settingsReceived() {}
    func streamClosed() {}
    func pingAcknowledged() { pings += 1 }
    func limitActed(_ reason: String) { limits.append(reason) }
    func budgetSpent() { session.terminate(.enhanceYourCalm) }

    func output(max: Int = 1 << 20) -> ByteBuffer {
        var buffer = ByteBuffer()
        try? session.fillOutput(&buffer, bytesMax: max, now: 1)
        return buffer
    }

    func receive(_ bytes: [UInt8], now: UInt64 = 1) throws {
        try bytes.withUnsafeBytes { try session.receive($0, now: now) }
    }
}

/// Client and server back to back.
struct Pair {
    let client: Peer
    let server: Peer

    init(client: HTTP2Limits = .internalHop, server: HTTP2Limits = HTTP2Limits()) {
        self.client = Peer(.client, client)
        self.server = Peer(.server, server)
        exchange()
    }

    /// Carries bytes both ways until nobody has anything to say.
    func exchange(chunk: Int = .max) {
        for _ in 0..<10_000 {
            let toServer = client.output()
            let toClient = server.output()
            if toServer.readableBytes == 0 && toClient.readableBytes == 0 { return }
            deliver(toServer, to: server, chunk)
            deliver(toClient, to: client, chunk)
        }
    }

    private func deliver(_ buffer: ByteBuffer, to peer: Peer, _ chunk: Int) {
        var buffer = buffer
        while buffer.readableBytes > 0, let bytes = buffer.readBytes(length: min(chunk, buffer.readableBytes)) {
            try? peer.receive(bytes)
        }
    }

    func request(
        _ head: RequestHead = RequestHead(authority: "a"), body: ByteBuffer? = nil, ends: Bool = true
    ) -> (stream: HTTP2Stream?, log: StreamLog) {
        let log = StreamLog()
        return (client.session.request(head, body: body, ends: ends, receiver: log), log)
    }
}
