import NIOCore
import Primitives
import Testing

@testable import HTTP

@Suite struct HTTP2SessionTests {
    @Test func requestAndWholeAnswer() {
        let pair = Pair()
        pair.server.onAccept = { stream, head in
            #expect(head.method == .post && head.path == "/x?y=1" && head.authority == "a:1" && head.scheme == "http")
            #expect(head.fields == ["x-one": "1"])
            pair.server.session.respond(
                stream, ResponseHead(status: 201, fields: ["content-length": "5"]), body: ByteBuffer(string: "hello"))
        }
        let head = RequestHead(method: .post, authority: "a:1", path: "/x?y=1", fields: ["x-one": "1"])
        let (_, log) = pair.request(head)
        pair.exchange()
        #expect(log.response == ResponseHead(status: 201, fields: ["content-length": "5"]))
        #expect(log.body == Array("hello".utf8))
        #expect(log.isEnded && log.closedWith == .noError)
        #expect(pair.server.session.streams.isEmpty && pair.client.session.streams.isEmpty)
    }

    /// Each of two hundred requests has an id of its own; what they share stays in HPACK's table all the same.
    @Test func changingFieldsPushNothingOutOfTheTable() {
        let pair = Pair()
        let shared = String(repeating: "s", count: 1500)
        for number in 0..<200 {
            var fields: HeaderFields = ["x-shared": shared]
            for name in ChangingFields.names {
                fields.append(name.description, "\(number)-" + String(repeating: "r", count: 40))
            }
            let stream = pair.client.session.request(
                RequestHead(authority: "a", fields: fields), body: nil, ends: true, receiver: StreamLog())
            #expect(stream != nil)
            let sent = pair.client.output()
            #expect(sent.readableBytes < 400 || number == 0)
            try? pair.server.receive(Array(sent.readableBytesView))
            #expect(pair.server.accepted.last?.head.fields == fields)
            if let accepted = pair.server.accepted.last {
                pair.server.session.respond(accepted.stream, ResponseHead(status: 204), body: nil)
            }
            pair.exchange()
        }
    }

    @Test(arguments: [1, 3, 9, 1000]) func anySplitOfTheBytesWorks(chunk: Int) {
        let pair = Pair()
        pair.server.onAccept = { stream, _ in
            pair.server.session.respond(stream, ResponseHead(status: 200), body: ByteBuffer(string: "abc"))
        }
        let (_, log) = pair.request(body: ByteBuffer(repeating: 7, count: 100))
        pair.exchange(chunk: chunk)
        #expect(log.body == Array("abc".utf8))
    }

    @Test func informationalTrailersAndStreaming() throws {
        let pair = Pair()
        let (stream, log) = pair.request(ends: false)
        pair.exchange()
        let accepted = try #require(pair.server.accepted.first)
        pair.server.session.respond(informational: 103, accepted.stream)
        pair.server.session.respond(accepted.stream, ResponseHead(status: 200), body: nil, ends: false)
        pair.exchange()
        #expect(log.informational == [103] && log.response?.status == 200 && !log.isEnded)
        pair.client.session.write(try #require(stream), ByteBuffer(string: "up"))
        pair.client.session.finish(try #require(stream), trailers: ["t": "1"])
        pair.server.session.write(accepted.stream, ByteBuffer(string: "down"))
        pair.exchange()
        #expect(accepted.log.body == Array("up".utf8) && accepted.log.trailers == ["t": "1"] && accepted.log.isEnded)
        pair.server.session.finish(accepted.stream, trailers: ["s": "2"])
        pair.exchange()
        #expect(log.body == Array("down".utf8) && log.trailers == ["s": "2"] && log.isEnded)
        #expect(log.closedWith == .noError && accepted.log.closedWith == .noError)
    }

    @Test func windowHoldsTheSenderUntilConsumed() throws {
        let pair = Pair()
        let (stream, _) = pair.request(body: ByteBuffer(repeating: 1, count: 200_000), ends: true)
        pair.exchange()
        let accepted = try #require(pair.server.accepted.first)
        #expect(accepted.log.body.count == 65_536)
        #expect(stream?.outboundBytes == 200_000 - 65_536)
        #expect(accepted.stream.unconsumedBytes == 65_536)
        pair.server.session.consume(accepted.stream, 65_536)
        pair.exchange()
        #expect(accepted.log.body.count == 131_072)
        pair.server.session.consume(accepted.stream, 65_536)
        pair.exchange()
        pair.server.session.consume(accepted.stream, 65_536)
        pair.exchange()
        #expect(accepted.log.body.count == 200_000 && accepted.log.isEnded)
    }

    @Test func unreadBytesOfAClosedStreamGoBackToTheConnection() throws {
        var limits = HTTP2Limits()
        limits.connectionWindowBytes = 128 * 1024
        let pair = Pair(server: limits)
        // Each stream fills its window and is then reset without a read; a leak would stop the third.
        for round in 1...6 {
            let (stream, _) = pair.request(body: ByteBuffer(repeating: 1, count: 65_536), ends: false)
            pair.exchange()
            #expect(pair.server.accepted.last?.log.body.count == 65_536, "round \(round)")
            pair.client.session.reset(try #require(stream), .cancel)
            pair.exchange()
        }
    }

    @Test func writerIsToldWhenItsQueueIsShort() throws {
        let pair = Pair()
        let (stream, log) = pair.request(body: ByteBuffer(repeating: 1, count: 100_000), ends: false)
        try #require(stream).notifyWhenDrained()
        pair.exchange()
        #expect(log.drains == 0)
        let accepted = try #require(pair.server.accepted.first)
        pair.server.session.consume(accepted.stream, 65_536)
        pair.exchange()
        #expect(log.drains == 1)
    }

    @Test func outputStopsAtItsBound() {
        let pair = Pair(client: .internalHop, server: .internalHop)
        pair.server.onAccept = { stream, _ in
            pair.server.session.respond(
                stream, ResponseHead(status: 200), body: ByteBuffer(repeating: 1, count: 200_000))
        }
        _ = pair.request()
        try? pair.server.receive(Array(buffer: pair.client.output()))
        let first = pair.server.output(max: 30_000)
        #expect((30_000...50_000).contains(first.readableBytes))
        #expect(pair.server.session.wantsWrite)
    }

    @Test func resetEndsBothSides() throws {
        let pair = Pair()
        let (_, log) = pair.request(ends: false)
        pair.exchange()
        let accepted = try #require(pair.server.accepted.first)
        pair.server.session.reset(accepted.stream, .internalError)
        pair.exchange()
        #expect(log.closedWith == .internalError && accepted.log.closedWith == .internalError)
    }

    @Test func answerBeforeTheBodyEndsTheStream() throws {
        let pair = Pair()
        pair.server.onAccept = { stream, _ in pair.server.session.respond(stream, ResponseHead(status: 413), body: nil)
        }
        let (_, log) = pair.request(body: ByteBuffer(repeating: 1, count: 10), ends: false)
        pair.exchange()
        #expect(log.response?.status == 413 && log.isEnded && log.closedWith == nil)
        pair.server.session.resetAnswered(now: 999_999_000)
        pair.exchange()
        #expect(log.closedWith == nil)
        pair.server.session.resetAnswered(now: 1_100_000_000)
        pair.exchange()
        #expect(log.closedWith == .noError)
        #expect(pair.server.session.streams.isEmpty)
    }

    @Test func twoGoAwaysLoseNothing() {
        let pair = Pair()
        let (_, first) = pair.request(ends: true)
        pair.exchange()
        pair.server.session.submitShutdownNotice()
        // Sent before the notice has come over: still taken up.
        let (_, second) = pair.request(ends: true)
        pair.exchange()
        #expect(pair.client.goAway?.last == Int32.max)
        #expect(pair.client.session.request(RequestHead(), body: nil, ends: true, receiver: StreamLog()) == nil)
        pair.server.session.submitGoAway(.noError)
        pair.exchange()
        #expect(pair.client.goAway?.last == 3)
        for accepted in pair.server.accepted {
            pair.server.session.respond(accepted.stream, ResponseHead(status: 200), body: nil)
        }
        pair.exchange()
        #expect(first.response?.status == 200 && second.response?.status == 200)
        #expect(pair.server.session.isFinished && pair.client.session.isFinished)
    }

    @Test func streamsAboveTheLastIDDidNoWork() {
        let pair = Pair()
        let (_, taken) = pair.request()
        pair.exchange()
        pair.server.session.submitGoAway(.noError)
        // The client does not know yet.
        let (_, refused) = pair.request()
        pair.exchange()
        #expect(refused.closedWith == .refusedStream)
        #expect(taken.closedWith == nil)
    }

    @Test func requestsGivenUpBeforeTheyLeaveAreForgotten() {
        let pair = Pair()
        for _ in 0..<100 {
            let logs = (0..<8).map { _ in
                let (stream, log) = pair.request()
                if let stream { pair.client.session.reset(stream, .cancel) }
                return log
            }
            pair.exchange()
            for log in logs { #expect(log.closedWith != nil) }
        }
        #expect(pair.client.session.streams.isEmpty && pair.server.session.streams.isEmpty)
        #expect(pair.server.accepted.isEmpty)
    }

    @Test func connectionLossReachesEveryStream() {
        let pair = Pair()
        let logs = (0..<5).map { _ in pair.request(ends: false).log }
        pair.exchange()
        pair.client.session.connectionLost(.cancel)
        #expect(logs.allSatisfy { $0.closedWith == .cancel })
        #expect(pair.client.session.streams.isEmpty)
    }

    @Test func notHTTP2IsToldApart() {
        let server = Peer(.server, HTTP2Limits())
        #expect(throws: HTTP2Failure.notHTTP2) { try server.receive(Array("GET / HTTP/1.1\r\nhost: a\r\n\r\n".utf8)) }
    }

    @Test func randomBytesNeverCrash() {
        var generator = SeededGenerator(seed: 42)
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
        for _ in 0..<300 {
            let server = Peer(.server, HTTP2Limits())
            try? server.receive(preface)
            for _ in 0..<20 {
                let length = Int(generator.next() % 40)
                var frame: [UInt8] = [
                    0, 0, UInt8(length), UInt8(generator.next() % 11), UInt8(truncatingIfNeeded: generator.next()),
                ]
                frame += [0, 0, 0, UInt8(generator.next() % 8)]
                frame += (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
                try? server.receive(frame)
                _ = server.output()
            }
            server.session.connectionLost(.cancel)
            #expect(server.session.streams.isEmpty)
        }
    }
}
