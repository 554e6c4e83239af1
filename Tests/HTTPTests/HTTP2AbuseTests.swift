import NIOCore
import Testing

@testable import HTTP

/// Frames made by hand against a server's session: floods end in GOAWAY, malformed requests in RST_STREAM.
@Suite struct HTTP2AbuseTests {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, 0, 0)

    static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
        let count = payload.count
        var bytes: [UInt8] = [UInt8(count >> 16), UInt8(count >> 8 & 0xff), UInt8(count & 0xff)]
        bytes += [type, flags, 0, 0, 0, stream]
        return bytes + payload
    }

    /// HPACK without Huffman and without indexing.
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in fields {
            bytes.append(0)
            bytes += length(name.utf8.count)
            bytes += Array(name.utf8)
            bytes += length(value.utf8.count)
            bytes += Array(value.utf8)
        }
        return bytes
    }

    private static func length(_ count: Int) -> [UInt8] {
        guard count >= 127 else { return [UInt8(count)] }
        var bytes: [UInt8] = [127]
        var rest = count - 127
        while rest >= 128 {
            bytes.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    static let get = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a")]

    private func server() throws -> Peer {
        let server = Peer(.server, HTTP2Limits())
        try server.receive(Self.preface)
        _ = server.output()
        return server
    }

    /// Frames in a buffer as (type, stream, error code of RST_STREAM or GOAWAY).
    private func parse(_ buffer: ByteBuffer) -> [(type: UInt8, stream: UInt32, code: UInt32)] {
        var buffer = buffer
        var frames: [(UInt8, UInt32, UInt32)] = []
        while let head = buffer.readBytes(length: 9) {
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            let payload = buffer.readBytes(length: length) ?? []
            let at = head[3] == 3 ? 0 : head[3] == 7 ? 4 : payload.count
            let code = payload.dropFirst(at).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
            frames.append((head[3], UInt32(head[8]) | UInt32(head[7]) << 8, code))
        }
        return frames
    }

    @Test(
        arguments: [
            ("upper case", "field-name", [("X-Up", "1")]),
            ("underscore", "field-name", [("x_real_ip", "1")]),
            ("connection", "field-forbidden", [("connection", "close")]),
            ("keep-alive", "field-forbidden", [("keep-alive", "1")]),
            ("upgrade", "field-forbidden", [("upgrade", "h2c")]),
            ("transfer-encoding", "field-forbidden", [("transfer-encoding", "chunked")]),
            ("te gzip", "field-forbidden", [("te", "gzip")]),
            ("CR in value", "field-value", [("x", "a\rb")]),
            ("LF in value", "field-value", [("x", "a\nb")]),
            ("NUL in value", "field-value", [("x", "a\u{0}b")]),
            ("leading space", "field-value", [("x", " a")]),
            ("trailing tab", "field-value", [("x", "a\t")]),
            ("empty name", "field-name", [("", "a")]),
            ("two lengths", "content-length", [("content-length", "1"), ("content-length", "1")]),
            ("bad length", "content-length", [("content-length", "+1")]),
            ("late pseudo", "pseudo-field", [("x", "1"), (":method", "GET")]),
            ("duplicate pseudo", "pseudo-field", [(":path", "/b")]),
            ("unknown pseudo", "pseudo-field", [(":foo", "b")]),
            ("two hosts", "host-repeated", [("host", "a"), ("host", "a")]),
            ("bad authority", "pseudo-field", [(":authority", "a b")]),
        ] as [(String, String, [(String, String)])])
    func malformedRequestsAreStreamErrors(name: String, reason: String, extra: [(String, String)]) throws {
        let server = try server()
        let base = name == "bad authority" ? Array(Self.get.dropLast()) : Self.get
        try server.receive(Self.frame(1, 5, 1, Self.block(base + extra)))
        let frames = parse(server.output())
        #expect(server.accepted.isEmpty)
        #expect(frames.contains { $0.type == 3 && $0.stream == 1 }, "RST_STREAM expected: \(frames)")
        #expect(!frames.contains { $0.type == 7 }, "no GOAWAY")
        #expect(server.limits == ["http2-" + reason])
        // The connection lives on.
        try server.receive(Self.frame(1, 5, 3, Self.block(Self.get)))
        #expect(server.accepted.count == 1)
    }

    @Test func missingPseudoFieldsAreStreamErrors() throws {
        for missing in 0..<3 {
            let server = try server()
            var fields = Self.get
            fields.remove(at: missing)
            try server.receive(Self.frame(1, 5, 1, Self.block(fields)))
            #expect(server.accepted.isEmpty)
            #expect(parse(server.output()).contains { $0.type == 3 })
            #expect(server.limits == ["http2-pseudo-field"])
        }
    }

    @Test("What is wrong behind the head is told once, too")
    func malformedEnds() throws {
        let length = Self.get + [("content-length", "5")]
        let ends: [(reason: String, frames: [UInt8])] = [
            ("content-length", Self.frame(1, 5, 1, Self.block(length))),
            ("content-length", Self.frame(1, 4, 1, Self.block(length)) + Self.frame(0, 1, 1, [1])),
            ("content-length", Self.frame(1, 4, 1, Self.block(length)) + Self.frame(0, 0, 1, [1, 2, 3, 4, 5, 6])),
            ("content-length", Self.frame(1, 4, 1, Self.block(length)) + Self.frame(1, 5, 1, Self.block([("t", "1")]))),
            ("trailers", Self.frame(1, 4, 1, Self.block(Self.get)) + Self.frame(1, 4, 1, Self.block([("t", "1")]))),
            ("field-name", Self.frame(1, 4, 1, Self.block(Self.get)) + Self.frame(1, 5, 1, Self.block([("t_t", "1")]))),
            (
                "pseudo-field",
                Self.frame(1, 4, 1, Self.block(Self.get)) + Self.frame(1, 5, 1, Self.block([Self.get[0]]))
            ),
        ]
        for end in ends {
            let server = try server()
            try server.receive(end.frames)
            let resets = parse(server.output()).filter { $0.type == 3 }
            #expect(resets.map(\.code) == [1] && server.limits == ["http2-" + end.reason], "\(server.limits)")
        }
    }

    @Test("A window that is opened by nothing is no matter of lengths", arguments: [0, 1] as [UInt8])
    func emptyWindowUpdates(stream: UInt8) throws {
        let server = try server()
        try server.receive(Self.frame(1, 4, 1, Self.block(Self.get)) + Self.frame(8, 0, stream, [0, 0, 0, 0]))
        let frames = parse(server.output())
        #expect(frames.map(\.code) == [1] && server.limits == ["http2-protocol-error"], "\(server.limits) \(frames)")
    }

    @Test("A client's own resets, and ours, are told of as such")
    func resetsAreNoMalformation() throws {
        let server = try server()
        try server.receive(Self.frame(1, 4, 1, Self.block(Self.get)) + Self.frame(1, 4, 3, Self.block(Self.get)))
        try server.receive(Self.frame(3, 0, 1, [0, 0, 0, 1]))
        server.session.reset(try #require(server.accepted.last?.stream), .protocolError)
        _ = server.output()
        #expect(server.limits == [])
    }

    @Test func bodyLongerThanItsLengthIsAStreamError() throws {
        let server = try server()
        try server.receive(Self.frame(1, 4, 1, Self.block(Self.get + [("content-length", "1")])))
        try server.receive(Self.frame(0, 1, 1, [1, 2]))
        #expect(parse(server.output()).contains { $0.type == 3 && $0.stream == 1 })
        #expect(server.accepted.first?.log.closedWith == .protocolError)
    }

    @Test func tooManyFieldsAreAnswered431() throws {
        let server = try server()
        let many = (0..<100).map { ("x-\($0)", "1") }
        try server.receive(Self.frame(1, 5, 1, Self.block(Self.get + many)))
        #expect(server.accepted.isEmpty)
        #expect(server.limits == ["http2-too-many-fields"])
        #expect(parse(server.output()).contains { $0.type == 1 && $0.stream == 1 })
    }

    @Test func tooLargeBlockIsAnswered431() throws {
        let server = try server()
        let big = [("x", String(repeating: "x", count: 16_000)), ("y", String(repeating: "y", count: 300))]
        try server.receive(Self.frame(1, 1, 1, Self.block(Self.get + [big[0]])))
        try server.receive(Self.frame(9, 4, 1, Self.block([big[1]])))
        #expect(server.accepted.isEmpty)
        #expect(server.limits == ["http2-header-bytes"])
        #expect(parse(server.output()).contains { $0.type == 1 && $0.stream == 1 })
    }

    @Test(
        "Trailers come out of what the head has left, in fields and in bytes",
        arguments: [
            (50, 46, 1, nil), (50, 47, 1, HTTP2ErrorCode.enhanceYourCalm), (96, 1, 1, .enhanceYourCalm),
            (5, 5, 1500, nil), (5, 6, 1500, .enhanceYourCalm), (1, 60, 1500, .enhanceYourCalm),
        ])
    func trailersCountWithTheHead(_ head: Int, _ trailers: Int, _ bytes: Int, _ code: HTTP2ErrorCode?) throws {
        let server = try server()
        let value = String(repeating: "x", count: bytes)
        try server.receive(Self.frame(1, 4, 1, Self.block(Self.get + (0..<head).map { ("x-\($0)", value) })))
        let accepted = try #require(server.accepted.first)
        for at in stride(from: 0, to: trailers, by: 10) {
            let fields = (at..<min(at + 10, trailers)).map { ("t-\($0)", value) }
            let flags: UInt8 = (at == 0 ? 1 : 0) | (at + 10 >= trailers ? 4 : 0)
            try server.receive(Self.frame(at == 0 ? 1 : 9, flags, 1, Self.block(fields)))
        }
        let frames = parse(server.output())
        #expect(accepted.log.closedWith == code)
        #expect(accepted.log.isEnded == (code == nil) && (accepted.log.trailers?.count == trailers) == (code == nil))
        #expect(frames.contains { $0.type == 3 && $0.stream == 1 && $0.code == 11 } == (code != nil))
        #expect(server.limits == (code == nil ? [] : [bytes == 1 ? "http2-too-many-fields" : "http2-header-bytes"]))
    }

    @Test("An answer to a refused head that its client does not take is given up")
    func refusalsAreNotHeld() throws {
        let server = Peer(.server, HTTP2Limits())
        server.onAccept = { stream, _ in server.session.refuse(stream, ResponseHead(status: 400), [1, 2, 3]) }
        try server.receive(Self.preface + Self.frame(4, 0, 0, [0, 4, 0, 0, 0, 0]))
        try server.receive(Self.frame(1, 5, 1, Self.block(Self.get)), now: 5_000_000_000)
        #expect(!parse(server.output()).contains { $0.type == 0 })
        server.session.resetAnswered(now: 14_000_000_000)
        #expect(parse(server.output()).isEmpty && server.session.streams.count == 1)
        server.session.resetAnswered(now: 15_000_000_000)
        #expect(parse(server.output()).contains { $0.type == 3 && $0.code == 8 } && server.session.streams.isEmpty)
        #expect(server.limits == ["http2-early-answer-time"])
    }

    @Test("Resets that the client has provoked by stalling end the connection")
    func provokedResets() throws {
        let server = try server()
        for round in 0..<100 {
            #expect(!server.session.isTerminated)
            try server.receive(Self.frame(1, 5, UInt8(1 + 2 * round), Self.block(Self.get)))
            let stream = try #require(server.accepted.last?.stream)
            server.session.reset(stream, .cancel, provoked: true)
            _ = server.output()
        }
        #expect(server.limits == ["http2-resets"])
    }

    @Test("Streams that are within their windows and together beyond the connection's end it")
    func connectionWindow() throws {
        let server = try server()
        let (limits, piece) = (server.session.limits, [UInt8](repeating: 0, count: 16_384))
        let streams = limits.connectionWindowBytes / limits.streamWindowBytes
        // The window of a stream is what SETTINGS say once they are acknowledged.
        try server.receive(Self.frame(4, 1, 0))
        for stream in 0..<streams {
            let id = UInt8(1 + 2 * stream)
            let body = Self.frame(0, 0, id, piece)
            try server.receive(Self.frame(1, 4, id, Self.block(Self.get)) + body + body + body + body)
        }
        #expect(server.accepted.count == streams && server.accepted.allSatisfy { $0.log.body.count == 65_536 })
        #expect(parse(server.output()).isEmpty && server.limits == [])
        let id = UInt8(1 + 2 * streams)
        try server.receive(Self.frame(1, 4, id, Self.block(Self.get)) + Self.frame(0, 0, id, [1]))
        let frames = parse(server.output())
        #expect(frames.map(\.type) == [7] && frames[0].code == 3 && server.session.isFinished)
        #expect(server.limits == ["http2-flow-control-error"])
    }

    @Test func dataAfterTheEndEndsTheConnection() throws {
        let server = try server()
        try server.receive(Self.frame(1, 5, 1, Self.block(Self.get)) + Self.frame(0, 0, 1, [1]))
        #expect(parse(server.output()).contains { $0.type == 7 && $0.code == 5 })
        #expect(server.session.isFinished)
    }

    @Test func windowsOpenedByteByByteEndInGoAway() throws {
        let server = try server()
        try server.receive(Self.frame(4, 0, 0, [0, 4, 0, 0, 0, 0]) + Self.frame(1, 5, 1, Self.block(Self.get)))
        let stream = try #require(server.accepted.first?.stream)
        server.session.respond(
            stream, ResponseHead(status: 200), contentLength: nil, body: ByteBuffer(repeating: 0, count: 100_000),
            ends: true)
        var bytesSent = 0
        while !server.session.isTerminated, bytesSent < 2000 {
            try server.receive(Self.frame(8, 0, 1, [0, 0, 0, 1]))
            bytesSent += parse(server.output()).count { $0.type == 0 }
        }
        #expect(server.limits == ["http2-window-updates"])
        #expect(bytesSent < 1010)
    }

    /// Every byte of frames that mean something is accounted for, however it comes.
    @Test(arguments: [1, 8, 9, 10, 1000, 100_000]) func nothingUsefulCountsAsSkipped(chunk: Int) throws {
        var limits = HTTP2Limits()
        limits.budget.skippedBytesMax = 0
        limits.budget.skippedBytesPerStream = 0
        let server = Peer(.server, limits)
        let head = Self.block(Self.get)
        var bytes = Self.preface
        for id in [1, 3, 5] as [UInt8] {
            bytes += Self.frame(1, 0, id, Array(head.prefix(3)))
            bytes += Self.frame(9, 0, id, Array(head.dropFirst(3)))
            bytes += Self.frame(9, 0, id, Self.block([("x", String(repeating: "x", count: 2000))]))
            bytes += Self.frame(9, 4, id) + Self.frame(2, 0, id, [0, 0, 0, 0, 1])
            bytes += Self.frame(0, 8, id, [3] + Array(repeating: 0, count: 300)) + Self.frame(8, 0, id, [0, 0, 0, 1])
            bytes += Self.frame(0, 1, id, Array(repeating: 0, count: 16_000)) + Self.frame(6, 0, 0, Array(0..<8))
        }
        bytes += Self.frame(3, 0, 3, [0, 0, 0, 8]) + Self.frame(4, 1, 0)
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            try server.receive(Array(bytes[start..<min(start + chunk, bytes.count)]))
        }
        #expect(server.limits == [])
        #expect(server.accepted.count == 3 && server.accepted[2].log.isEnded)
        try? server.receive(Self.frame(0xee, 0, 0))
        #expect(server.limits == ["http2-skipped-frames"])
    }

    struct Flood: Sendable, CustomTestStringConvertible {
        let name: String
        let reason: String
        let frames: @Sendable (Int) -> [UInt8]
        var testDescription: String { name }
    }

    static let floods: [Flood] = [
        Flood(name: "PING", reason: "http2-pings") { _ in frame(6, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]) },
        Flood(name: "SETTINGS", reason: "http2-settings") { _ in frame(4, 0, 0) },
        Flood(name: "PRIORITY", reason: "http2-priority") { _ in frame(2, 0, 101, [0, 0, 0, 0, 1]) },
        Flood(name: "WINDOW_UPDATE", reason: "http2-window-updates") { _ in frame(8, 0, 0, [0, 0, 0, 1]) },
        Flood(name: "rapid reset", reason: "http2-resets") { round in
            let id = UInt8(1 + 2 * round & 0xff)
            return frame(1, 5, id, block(get)) + frame(3, 0, id, [0, 0, 0, 8])
        },
        Flood(name: "MadeYouReset: window overflow", reason: "http2-resets") { round in
            let id = UInt8(1 + 2 * round & 0xff)
            return frame(1, 4, id, block(get)) + frame(8, 0, id, [0x7f, 0xff, 0xff, 0xff])
        },
        Flood(name: "MadeYouReset: more than announced", reason: "http2-resets") { round in
            let id = UInt8(1 + 2 * round & 0xff)
            return frame(1, 4, id, block(get + [("content-length", "1")])) + frame(0, 1, id, [1, 2])
        },
        Flood(name: "MadeYouReset: malformed head", reason: "http2-resets") { round in
            frame(1, 5, UInt8(1 + 2 * round & 0xff), block(get + [("connection", "close")]))
        },
        Flood(name: "empty DATA", reason: "http2-empty-data") { round in
            (round == 0 ? frame(1, 4, 1, block(get)) : []) + frame(0, 0, 1)
        },
        Flood(name: "frames of unknown types", reason: "http2-skipped-frames") { round in
            frame(UInt8(0x0a + round % 0xf0), 0xff, UInt8(round & 0x7f), Array(repeating: 0, count: 200))
        },
        Flood(name: "DATA of a stream that is over", reason: "http2-skipped-frames") { round in
            (round == 0 ? frame(1, 4, 1, block(get)) + frame(3, 0, 1, [0, 0, 0, 8]) : [])
                + frame(0, 0, 1, Array(repeating: 0, count: 16_384))
        },
        Flood(name: "CONTINUATION", reason: "http2-continuations") { round in
            round == 0 ? frame(1, 1, 1, block(get)) : frame(9, 0, 1, block([("x", "1")]))
        },
    ]

    @Test(arguments: floods) func floodsEndInGoAway(_ flood: Flood) throws {
        let server = try server()
        var frames: [(type: UInt8, stream: UInt32, code: UInt32)] = []
        for round in 0..<120 * 20 where !server.session.isTerminated {
            try? server.receive(flood.frames(round))
            frames += parse(server.output())
        }
        #expect(server.session.isTerminated)
        #expect(server.limits.contains(flood.reason), "\(server.limits)")
        #expect(frames.contains { $0.type == 7 && $0.code == 11 }, "GOAWAY ENHANCE_YOUR_CALM")
    }
}
