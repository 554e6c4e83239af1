import Foundation
import HTTP
import Testing
import Transport

/// Each limit on time and number, crossed.
@Suite struct LimitTests {
    private func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        change(&limits)
        return limits
    }

    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]

    @Test func connectionsPerAddress() async throws {
        try await TestServer.with(.http1, limits: limits { $0.connectionsPerAddressMax = 2 }) { server in
            let held = try [RawConnection(port: server.port), RawConnection(port: server.port)]
            for connection in held {
                connection.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(await connection.receive(until: "hello /a").contains("200"))
            }
            let third = try RawConnection(port: server.port)
            #expect(await third.receiveAll().ended)
            #expect(server.record.notes("refused") == ["connections-per-address"])
            withExtendedLifetime(held) { #expect(server.listener.connectionCount == 2) }
        }
    }

    @Test func connectionsInAll() async throws {
        try await TestServer.with(.http1, limits: limits { $0.connectionsMax = 1 }) { server in
            let first = try RawConnection(port: server.port)
            first.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = await first.receive(until: "hello")
            let late = try RawConnection(port: server.port)
            #expect(await late.receiveAll().ended)
            withExtendedLifetime(first) { #expect(server.record.notes("refused") == ["connections"]) }
        }
    }

    @Test func slowHeads() async throws {
        try await TestServer.with(.http1, limits: limits { $0.headerRead = .milliseconds(200) }) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET / HTTP/1.1\r\nHost")
            let (text, ended) = await connection.receiveAll()
            #expect(ended && text.hasPrefix("HTTP/1.1 408"), "\(text)")
        }
        try await TestServer.with(.http2, limits: limits { $0.headerRead = .milliseconds(200) }) { server in
            let connection = try RawConnection(port: server.port)
            // HEADERS without END_HEADERS.
            connection.send(Self.preface + [0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82])
            #expect(await connection.receiveAll().ended)
            #expect(server.record.notes("limited") == ["header-read"])
        }
    }

    @Test func silentConnections() async throws {
        let limits = limits {
            $0.idleHTTP1 = .milliseconds(200)
            $0.idleHTTP2 = .milliseconds(200)
            $0.tlsHandshake = .milliseconds(200)
        }
        try await TestServer.with(.http1, limits: limits) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await connection.receiveAll().ended)
            #expect(server.record.notes("limited") == ["idle"])
        }
        try await TestServer.with(.http2, limits: limits) { server in
            let connection = try RawConnection(port: server.port)
            connection.send(Self.preface)
            #expect(await connection.receiveAll().ended)
            #expect(server.record.notes("limited") == ["idle"])
        }
        try await TestServer.with(.tls { try? Certificate.context() }, limits: limits) { server in
            let late = try RawConnection(port: server.port)
            #expect(await late.receiveAll().ended)
            #expect(server.record.notes("limited") == ["tls-handshake"])
        }
    }

    @Test func oldConnections() async throws {
        try await TestServer.with(.http2, limits: limits { $0.ageMax = .milliseconds(200) }) { server in
            let connection = try RawConnection(port: server.port)
            connection.send(Self.preface)
            #expect(await connection.receiveAll().ended)
            #expect(server.record.notes("limited") == ["age"])
        }
    }

    @Test func slowBodies() async throws {
        let limits = limits { $0.bodyIdle = .milliseconds(200) }
        try await TestServer.with(.http1, limits: limits) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
            let (text, ended) = await connection.receiveAll()
            #expect(ended && text.hasPrefix("HTTP/1.1 408 "), "\(text)")
        }
        try await TestServer.with(.http2, limits: limits) { server in
            let script = HTTP2Script.open(server.port, path: "/collect", length: 10)
            let output = try await HTTP2Script.run(
                script + """

                    print(status(1), reset(1))
                    """)
            #expect(output.text == "408 0\n", "\(output.text)")
        }
    }

    @Test func clientsThatDoNotRead() async throws {
        let limits = limits { $0.sendStall = .milliseconds(300) }
        try await TestServer.with(.http1, limits: limits) { server in
            let connection = try RawConnection(port: server.port, receiveBufferBytes: 4096)
            connection.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await server.record.eventually { $0.notes("limited").contains("send-stall") })
            // The writer was held back long before all was written.
            #expect(server.record.value("pieces") < 160)
        }
        try await TestServer.with(.http2, limits: limits) { server in
            // A window of 65,535 that is never opened again.
            let output = try await HTTP2Script.run(
                HTTP2Script.open(server.port, path: "/large", length: nil) + """

                    print(status(1), reset(1))
                    """)
            #expect(output.text == "200 8\n", "\(output.text)")
            #expect(server.record.value("pieces") < 4)
        }
    }

    @Test func rapidResetEndsTheConnection() async throws {
        try await TestServer.with(.http2) { server in
            let output = try await HTTP2Script.run(
                HTTP2Script.start(server.port) + """

                    for i in range(150):
                        send_headers(1 + 2 * i, '/hang', end=True)
                        c.reset_stream(1 + 2 * i, 8)
                        flush()
                    print(goaway())
                    """)
            #expect(output.text == "11\n", "\(output.text)")
            #expect(server.record.notes("limited") == ["http2-resets"])
            #expect(await server.record.eventually { $0.value("started") == $0.value("ended") })
        }
    }

    @Test func garbageInsteadOfTLS() async throws {
        try await TestServer.with(.tls { try? Certificate.context() }) { server in
            let connection = try RawConnection(port: server.port)
            connection.send((0..<200).map { UInt8($0) })
            #expect(await connection.receiveAll().ended)
            #expect(server.record.notes("tls") == ["violation"])
        }
    }
}
