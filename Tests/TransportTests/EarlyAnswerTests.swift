import HTTP
import Testing
import Transport

/// Answers that are complete before the request is (RFC 9113, section 8.1).
@Suite struct EarlyAnswerTests {
    /// A client that looks for no answer before it has sent all: what it still sends is taken, within bounds.
    private static func sendAll(_ port: Int, bytes: Int) -> String {
        HTTP2Script.open(port, path: "/early", length: bytes) + """

            left = \(bytes)
            stalled = False
            while left and not stalled:
                room = min(c.local_flow_control_window(1), c.max_outbound_frame_size, left)
                if room:
                    c.send_data(1, b'x' * room, end_stream=room == left)
                    left -= room
                    flush()
                    continue
                s.settimeout(20)
                try: data = s.recv(65536)
                except OSError: break
                if not data: break
                new = c.receive_data(data)
                events.extend(new)
                flush()
                stalled = any(isinstance(e, h2.events.StreamReset) for e in new)
            body = b''.join(e.data for e in events if isinstance(e, h2.events.DataReceived))
            resets = [int(e.error_code) for e in events if isinstance(e, h2.events.StreamReset)]
            if not resets and left == 0:
                pump(lambda e: isinstance(e, h2.events.StreamEnded))
                body = b''.join(e.data for e in events if isinstance(e, h2.events.DataReceived))
            print(status(1), body.decode(), left == 0, resets)
            """
    }

    @Test func aClientThatSendsAllFirstReadsTheAnswer() async throws {
        // However slowly a busy machine lets the client send.
        var limits = HTTPLimits()
        limits.http2.droppedIdle = .seconds(20)
        try await TestServer.with(.http2, limits: limits) { server in
            for bytes in [1, 70_000, 2_000_000] {
                let output = try await HTTP2Script.run(Self.sendAll(server.port, bytes: bytes))
                #expect(output.text == "413 too much True []\n", "\(bytes): \(output.text)")
            }
            #expect(server.record.notes("limited") == [])
        }
    }

    @Test func whatIsTakenAfterTheAnswerIsBounded() async throws {
        var limits = HTTPLimits()
        limits.http2.droppedBytesMax = 200_000
        limits.http2.droppedIdle = .seconds(1)
        try await TestServer.with(.http2, limits: limits) { server in
            let output = try await HTTP2Script.run(Self.sendAll(server.port, bytes: 2_000_000))
            #expect(output.text == "413 too much False [0]\n", "\(output.text)")
            #expect(server.record.notes("limited") == ["http2-early-answer-bytes"])
        }
    }

    @Test func aClientThatSendsNoMoreIsToldToStop() async throws {
        var limits = HTTPLimits()
        limits.http2.droppedIdle = .milliseconds(200)
        try await TestServer.with(.http2, limits: limits) { server in
            let script = HTTP2Script.open(server.port, path: "/early", length: 1_000)
            let output = try await HTTP2Script.run(script + "\nprint(status(1), reset(1))")
            #expect(output.text == "413 0\n", "\(output.text)")
            #expect(server.record.notes("limited") == ["http2-early-answer-idle"])
        }
    }

    /// A trickle keeps no stream open for ever.
    @Test func aClientThatSendsForTooLongIsToldToStop() async throws {
        var limits = HTTPLimits()
        limits.http2.droppedIdle = .seconds(60)
        limits.http2.droppedTotal = .milliseconds(500)
        try await TestServer.with(.http2, limits: limits) { server in
            let output = try await HTTP2Script.run(
                HTTP2Script.open(server.port, path: "/early", length: 1_000_000) + """

                    import time
                    s.settimeout(0.05)
                    end = time.monotonic() + 20
                    while time.monotonic() < end and not any(isinstance(e, h2.events.StreamReset) for e in events):
                        c.send_data(1, b'x')
                        flush()
                        try: events.extend(c.receive_data(s.recv(65536)))
                        except OSError: pass
                    print(status(1), reset(1))
                    """)
            #expect(output.text == "413 0\n", "\(output.text)")
            #expect(server.record.notes("limited") == ["http2-early-answer-time"])
        }
    }
}
