import Foundation
import HTTP
import Testing
import Transport

/// HTTP/1.1 over a bare socket: what is refused, and that nothing after it is read as a request.
@Suite struct HTTP1RawTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: String
        let status: Int
        var testDescription: String { name }
    }

    static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test(
        "Trailers come out of what the head has left, in fields and in bytes",
        arguments: [
            (50, 47, 1, true), (50, 48, 1, false), (5, 5, 1500, true), (5, 6, 1500, false),
        ])
    func trailersCountWithTheHead(_ head: Int, _ trailers: Int, _ bytes: Int, _ passes: Bool) async throws {
        try await TestServer.with(.http1) { server in
            let client = try RawConnection(port: server.port)
            let value = String(repeating: "x", count: bytes)
            let fields = (0..<head).map { "x-\($0): \(value)\r\n" }.joined()
            client.send("POST /collect HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n")
            client.send("\(fields)\r\n3\r\nabc\r\n")
            #expect(await server.record.eventually { $0.value("started") == 1 })
            client.send("0\r\n" + (0..<trailers).map { "t-\($0): \(value)\r\n" }.joined() + "\r\n")
            let answer = await client.receiveAll().text
            #expect(answer.hasPrefix(passes ? "HTTP/1.1 200 " : "HTTP/1.1 400 "), "\(answer)")
            #expect(server.record.notes("limited") == (passes ? [] : ["http1-trailers-too-large"]))
        }
    }

    static let cases: [Case] = [
        Case(
            name: "CL then TE",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            status: 400),
        Case(
            name: "TE then CL",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
            status: 400),
        Case(
            name: "TE gzip, chunked",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", status: 501),
        Case(name: "TE gzip", bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", status: 501),
        Case(
            name: "TE xchunked", bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            status: 501),
        Case(
            name: "TE twice",
            bytes:
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            status: 400),
        Case(
            name: "TE with tab", bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\u{b}chunked\r\n\r\n0\r\n\r\n",
            status: 400),
        Case(
            name: "TE in 1.0", bytes: "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            status: 400),
        Case(
            name: "two lengths",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 0\r\n\r\nabc", status: 400),
        Case(
            name: "same length twice",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", status: 400),
        Case(name: "length list", bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n", status: 400),
        Case(name: "length +0", bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n", status: 400),
        Case(name: "length -1", bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", status: 400),
        Case(name: "no host", bytes: "GET / HTTP/1.1\r\n\r\n", status: 400),
        Case(name: "two hosts", bytes: "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", status: 400),
        Case(name: "host mismatch", bytes: "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", status: 400),
        Case(name: "space before colon", bytes: "GET / HTTP/1.1\r\nHost : a\r\n\r\n", status: 400),
        Case(name: "obs-fold", bytes: "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", status: 400),
        Case(name: "bare LF in fields", bytes: "GET / HTTP/1.1\nHost: a\n\n", status: 400),
        Case(name: "bare CR", bytes: "GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n", status: 400),
        Case(name: "NUL", bytes: "GET / HTTP/1.1\r\nHost: a\r\nX: 1\u{0}2\r\n\r\n", status: 400),
        Case(name: "underscore", bytes: "GET / HTTP/1.1\r\nHost: a\r\nX_Y: 1\r\n\r\n", status: 400),
        Case(name: "HTTP/0.9", bytes: "GET /\r\n\r\n", status: 400),
        Case(name: "HTTP/2.0", bytes: "GET / HTTP/2.0\r\nHost: a\r\n\r\n", status: 400),
        Case(name: "HTTP/1.9", bytes: "GET / HTTP/1.9\r\nHost: a\r\n\r\n", status: 400),
        Case(name: "garbage", bytes: "\u{1}\u{2}\u{3}\r\n\r\n", status: 400),
        Case(name: "method", bytes: "G<T / HTTP/1.1\r\nHost: a\r\n\r\n", status: 400),
        Case(name: "CONNECT", bytes: "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", status: 501),
        Case(
            name: "large fields",
            bytes: "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n", status: 431),
        Case(
            name: "many fields", bytes: "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: 1\r\n", count: 120))\r\n",
            status: 431),
        Case(
            name: "long target", bytes: "GET /\(String(repeating: "x", count: 20_000)) HTTP/1.1\r\nHost: a\r\n\r\n",
            status: 431),
    ]

    @Test(arguments: cases) func refusesAndCloses(_ item: Case) async throws {
        try await TestServer.with(.http1) { server in
            let connection = try RawConnection(port: server.port)
            connection.send(item.bytes + Self.smuggled)
            let (text, ended) = await connection.receiveAll()
            #expect(ended)
            #expect(text.hasPrefix("HTTP/1.1 \(item.status) "), "\(text.prefix(100))")
            #expect(!text.contains("smuggled"), "\(text)")
            #expect(server.record.value("started") == 0)
        }
    }

    @Test(
        "Heads beyond a limit are counted by which it is",
        arguments: [
            (String(repeating: "X: 1\r\n", count: 120), "http1-too-many-fields"),
            (String(repeating: "X: \(String(repeating: "x", count: 2000))\r\n", count: 9), "http1-header-too-large"),
            ("X: \(String(repeating: "x", count: 20_000))\r\n", "http1-header-too-large"),
        ])
    func excess(fields: String, reason: String) async throws {
        try await TestServer.with(.http1) { server in
            let connection = try RawConnection(port: server.port)
            // A first request on the connection, large and good: its bytes are not the second's.
            let pad = String(repeating: "x", count: 10_000)
            connection.send("POST /collect HTTP/1.1\r\nHost: a\r\nX: \(pad)\r\nContent-Length: 3\r\n\r\nabc")
            #expect(await connection.receive(until: "abc").contains("200"))
            connection.send("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
            let (text, ended) = await connection.receiveAll()
            #expect(ended && text.hasPrefix("HTTP/1.1 431 "), "\(text.prefix(100))")
            #expect(server.record.notes("limited") == [reason])
        }
    }

    @Test func brokenChunksFailTheBody() async throws {
        try await TestServer.with(.http1) { server in
            let connection = try RawConnection(port: server.port)
            connection.send(
                "POST /collect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"
                    + Self.smuggled)
            let (text, ended) = await connection.receiveAll()
            #expect(ended && text.hasPrefix("HTTP/1.1 400 ") && !text.contains("smuggled"), "\(text)")
            #expect(server.record.notes("limited") == ["http1-body-malformed"])
        }
    }

    @Test("A client that goes in the middle of its body has sent nothing wrong")
    func bodiesBrokenOff() async throws {
        try await TestServer.with(.http1) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("POST /collect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            #expect(await server.record.eventually { $0.value("started") == 1 })
            connection.endOutput()
            _ = await connection.receiveAll()
            #expect(await server.record.eventually { $0.value("ended") == 1 })
            #expect(server.record.notes("limited") == [])
        }
    }

    @Test("Trailers are refused as heads are", arguments: ["x_y: 1", "x: a\u{1}b"])
    func malformedTrailers(field: String) async throws {
        try await TestServer.with(.http1) { server in
            let connection = try RawConnection(port: server.port)
            let head = "POST /collect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.send(head + "3\r\nabc\r\n0\r\nx: 1\r\n\(field)\r\n\r\n" + Self.smuggled)
            let (text, ended) = await connection.receiveAll()
            #expect(ended && text.hasPrefix("HTTP/1.1 400 ") && !text.contains("smuggled"), "\(text)")
            let isName = field.hasPrefix("x_y")
            #expect(server.record.notes("limited") == [isName ? "http1-field-name" : "http1-body-malformed"])
        }
    }

    @Test(
        "What a body's framing may take beside its data is bounded",
        arguments: [
            ("1;" + String(repeating: "x", count: 1000) + "\r\na\r\n", 200),
            ("1;x=" + String(repeating: "x", count: 200_000) + "\r\na\r\n", 1),
            (String(repeating: "0", count: 200_000) + "1\r\na\r\n", 1),
        ])
    func chunkOverhead(chunk: String, count: Int) async throws {
        try await TestServer.with(.http1) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("POST /collect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<count { connection.send(chunk) }
            connection.send("0\r\n\r\n" + Self.smuggled)
            let (text, ended) = await connection.receiveAll()
            #expect(ended && text.hasPrefix("HTTP/1.1 400 ") && !text.contains("smuggled"), "\(text.prefix(300))")
            #expect(server.record.notes("limited") == ["http1-chunk-overhead"])
        }
    }

    @Test func smallChunksAreTaken() async throws {
        try await TestServer.with(.http1) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.send(String(repeating: "1;ext=1\r\na\r\n", count: 20_000) + "0\r\n\r\n")
            let text = await connection.receive(until: "\r\n0\r\n\r\n")
            #expect(text.contains(" 200 ") && text.hasSuffix("\r\n0\r\n\r\n"), "\(text.suffix(200))")
        }
    }

    @Test("Nothing is read behind a request that asks for another protocol, and nothing of it is kept")
    func upgrade() async throws {
        try await TestServer.with(.http1) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + Self.smuggled)
            let (text, ended) = await connection.receiveAll()
            #expect(ended && text.hasPrefix("HTTP/1.1 200 ") && text.contains("connection: close"), "\(text)")
            #expect(!text.contains("smuggled"))
        }
    }

    @Test func whiteSpaceAroundValuesIsNotPartOfThem() async throws {
        try await TestServer.with(.http1) { server in
            let connection = try RawConnection(port: server.port)
            connection.send(
                "POST /collect HTTP/1.1\r\nHost: \ta \t\r\nTransfer-Encoding: \tchunked \r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            #expect(await connection.receive(until: "abc").contains(" 200 "))
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await TestServer.with(.http1) { server in
            let connection = try RawConnection(port: server.port)
            let requests = (0..<20).map { "POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n\(100 + $0)" }
            connection.send(
                requests.joined() + "GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + Self.smuggled)
            let (text, ended) = await connection.receiveAll()
            let bodies = text.components(separatedBy: "\r\n\r\n").dropFirst().map { String($0.prefix(3)) }
            #expect(bodies == (0..<20).map { "\(100 + $0)" } + ["slo"], "\(text)")
            #expect(ended && !text.contains("smuggled"))
        }
    }

    @Test("A client that reads no answer gets no further ones made, and all of them once it reads")
    func pipelinedWithoutReading() async throws {
        try await TestServer.with(.http1, limits: HTTPLimits()) { server in
            let connection = try RawConnection(port: server.port, receiveBufferBytes: 256 * 1024)
            let count = 64
            connection.send(String(repeating: "GET /megabyte HTTP/1.1\r\nHost: a\r\n\r\n", count: count))
            #expect(await server.record.eventually { $0.value("started") > 0 })
            try await Task.sleep(for: .milliseconds(200))
            // As many as the system's buffers take, and a few.
            #expect(server.record.value("started") < count / 2)
            connection.send("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let (text, ended) = await connection.receiveAll()
            #expect(ended && text.utf8.count > count << 20 && text.hasSuffix("hello /last"))
            #expect(server.record.value("started") == count + 1)
        }
    }

    @Test func connectionIsNotReusedAfterAnUnreadBody() async throws {
        try await TestServer.with(.http1) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + Self.smuggled)
            let (text, ended) = await connection.receiveAll()
            #expect(ended && text.hasPrefix("HTTP/1.1 413 ") && text.contains("connection: close"))
            #expect(!text.contains("smuggled"))
        }
    }

    @Test func oldClientsGetNoChunks() async throws {
        try await TestServer.with(.http1) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("POST /echo HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc")
            let (text, ended) = await connection.receiveAll()
            #expect(ended && text.hasSuffix("\r\n\r\nabc") && !text.contains("chunked"), "\(text)")
        }
    }

    @Test func goneClientCancelsItsTask() async throws {
        try await TestServer.with(.http1) { server in
            do {
                let connection = try RawConnection(port: server.port)
                connection.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(await server.record.eventually { $0.value("started") == 1 })
            }
            #expect(await server.record.eventually { $0.value("cancelled") == 1 })
        }
    }
}
