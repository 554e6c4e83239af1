import Foundation
import HTTP
import Primitives
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

    @Test("Listeners that share an admission have one number of connections, and each drains by itself")
    func sharedAdmission() async throws {
        let limits = limits { $0.connectionsPerAddressMax = 2 }
        let admission = Admission(limits)
        try await TestServer.with(.http1, limits: limits, admission: admission) { first in
            try await TestServer.with(.http1, limits: limits, admission: admission) { second in
                let held = try [RawConnection(port: first.port), RawConnection(port: second.port)]
                for connection in held {
                    connection.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
                    #expect(await connection.receive(until: "hello /a").contains("200"))
                }
                for server in [first, second] {
                    #expect(await (try RawConnection(port: server.port)).receiveAll().ended)
                    #expect(server.record.notes("refused") == ["connections-per-address"])
                    #expect(server.listener.connectionCount == 1)
                }
                await second.listener.drain(deadline: .after(.seconds(20)))
                #expect(first.listener.connectionCount == 1 && second.listener.connectionCount == 0)
                let next = try RawConnection(port: first.port)
                next.send("GET /b HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(await next.receive(until: "hello /b").contains("200"))
                withExtendedLifetime(held) {}
            }
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
            #expect(server.record.notes("limited").contains("http2-resets"))
            #expect(await server.record.eventually { $0.value("started") == $0.value("ended") })
        }
    }

    /// Whoever has spent its budget hears for a while nothing, and of what it sends nothing is read.
    @Test func penaltyBeforeGoAway() async throws {
        try await TestServer.with(.http2, limits: limits { $0.http2.penalty = .milliseconds(300) }) { server in
            let output = try await HTTP2Script.run(
                HTTP2Script.start(server.port) + """

                    import time
                    for i in range(150):
                        send_headers(1 + 2 * i, '/hang', end=True)
                        c.reset_stream(1 + 2 * i, 8)
                    began = time.monotonic()
                    flush()
                    print(goaway(), time.monotonic() - began >= 0.3)
                    """)
            #expect(output.text == "11 True\n", "\(output.text)")
            #expect(server.record.value("started") < 150)
        }
    }

    /// A client that opens many streams and no window makes this process hold so much and no more.
    @Test func memoryOfOneConnection() async throws {
        try await TestServer.with(.http2, limits: limits { $0.http2.bufferedBytesMax = 256 * 1024 }) { server in
            let output = try await HTTP2Script.run(
                HTTP2Script.start(server.port) + """

                    for i in range(40): send_headers(1 + 2 * i, '/drip', end=True)
                    flush()
                    assert all(status(1 + 2 * i) == '200' for i in range(40))
                    send_headers(81, '/dripped', end=True)
                    flush()
                    answer = pump(lambda e: isinstance(e, h2.events.ResponseReceived) and e.stream_id == 81)
                    # What was taken from the writers, of which the connection's first window has left.
                    print(int(dict(answer.headers)['x-dripped']) * 16 <= 256 + 64 + 16)
                    # With the windows open, everything comes.
                    c.increment_flow_control_window(2 ** 30)
                    for i in range(40): c.increment_flow_control_window(2 ** 20, 1 + 2 * i)
                    flush()
                    ended = lambda e, i: isinstance(e, h2.events.StreamEnded) and e.stream_id == 1 + 2 * i
                    assert all(pump(lambda e: ended(e, i)) for i in range(40))
                    print(sum(len(e.data) for e in events if isinstance(e, h2.events.DataReceived)))
                    """)
            #expect(output.text == "True\n\(40 * 8 * 16 * 1024)\n", "\(output.text)")
        }
    }

    @Test func aBurstIsBegunInShares() async throws {
        try await TestServer.with(.http2, limits: limits { $0.http2.streamsPerReadMax = 4 }) { server in
            let output = try await HTTP2Script.run(
                HTTP2Script.start(server.port) + """

                    for i in range(90): send_headers(1 + 2 * i, '/a', end=True)
                    for i in range(40, 60): c.reset_stream(1 + 2 * i, 8)
                    flush()
                    print(sum(status(1 + 2 * i) == '200' for i in range(90) if not 40 <= i < 60))
                    """)
            #expect(output.text == "70\n", "\(output.text)")
            // What was reset before its turn was never begun.
            #expect(server.record.value("started") < 90)
            #expect(await server.record.eventually { $0.value("requestStarted") == $0.value("requestEnded") })
        }
    }

    @Test func fewerStreamsUnderStrain() async throws {
        try await TestServer.with(.http2, isStrained: { true }) { server in
            let output = try await HTTP2Script.run(
                HTTP2Script.start(server.port) + """

                    def streams(e):
                        changed = getattr(e, 'changed_settings', {})
                        return changed[3].new_value if 3 in changed else None
                    pump(lambda e: streams(e) == 100)
                    pump(lambda e: streams(e) == 25)
                    send_headers(1, '/a', end=True)
                    flush()
                    print(status(1))
                    """)
            #expect(output.text == "200\n", "\(output.text)")
            #expect(server.record.notes("limited") == ["http2-strained-streams"])
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
