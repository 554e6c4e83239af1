import HTTP
import Testing
import Transport

/// Clients that take their answers slowly, or that stay.
@Suite struct SlowReaderTests {
    private func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        change(&limits)
        return limits
    }

    /// How a client lets one byte more out of each of its streams, or out of any.
    enum Raise: String, CaseIterable {
        case settings = "c.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 65535 + raised})"
        case windowUpdate = "for i in ids - gone(): c.increment_flow_control_window(1, i)"
        case connection = "c.increment_flow_control_window(1)"

        /// What is open at first.
        var opened: String {
            switch self {
            case .settings, .windowUpdate: "c.increment_flow_control_window(2 ** 24)"
            case .connection: "c.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 2 ** 24})"
            }
        }
    }

    @Test(
        "Windows that are raised by one hold no stream for longer than those that stay shut", arguments: Raise.allCases)
    func byteByByte(_ raise: Raise) async throws {
        try await TestServer.with(.http2, limits: limits { $0.sendStall = .seconds(1) }) { server in
            let output = try await HTTP2Script.run(
                HTTP2Script.start(server.port) + """

                    import time, h2.settings
                    ids = {1, 3, 5}
                    gone = lambda: {e.stream_id for e in events if isinstance(e, h2.events.StreamReset)}
                    \(raise.opened)
                    for i in ids: send_headers(i, '/large', end=True)
                    flush()
                    assert all(status(i) == '200' for i in ids)
                    s.settimeout(0.1)
                    raised, next_at, end = 0, time.monotonic(), time.monotonic() + 9
                    while gone() != ids and time.monotonic() < end:
                        if time.monotonic() >= next_at:
                            next_at, raised = next_at + 0.5, raised + 1
                            \(raise.rawValue)
                            flush()
                        try: data = s.recv(65536)
                        except socket.timeout: continue
                        if not data: break
                        events.extend(c.receive_data(data))
                        flush()
                    print([reset(i) for i in sorted(gone())])
                    """)
            #expect(output.text == "[8, 8, 8]\n", "\(output.text)")
            #expect(server.record.notes("limited") == ["send-stall", "send-stall", "send-stall"])
            #expect(await server.record.eventually { $0.value("ended") == 3 })
        }
    }

    @Test("A stream that is read slowly gives those that are not read no time")
    func besideAnother() async throws {
        try await TestServer.with(.http2, limits: limits { $0.sendStall = .seconds(3) }) { server in
            let output = try await HTTP2Script.run(
                HTTP2Script.start(server.port) + """

                    import time
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
                    size, came, resets = 160 * 65536, {1: 0, 3: 0}, []
                    def read():
                        for e in c.receive_data(s.recv(16384)):
                            if isinstance(e, h2.events.DataReceived): came[e.stream_id] += len(e.data)
                            if isinstance(e, h2.events.StreamReset): resets.append((e.stream_id, int(e.error_code)))
                        flush()
                    c.increment_flow_control_window(2 ** 30)
                    send_headers(1, '/large', end=True)
                    flush()
                    while came[1] < 65535: read()
                    send_headers(3, '/large', end=True)
                    c.increment_flow_control_window(2 ** 30, 3)
                    flush()
                    # More waits for the socket all the time.
                    while came[3] < size and not resets:
                        read()
                        time.sleep(0.02)
                    print(resets, came[3] < size)
                    while came[3] < size: read()
                    """)
            #expect(output.text == "[(1, 8)] True\n", "\(output.text)")
            #expect(server.record.notes("limited") == ["send-stall"])
        }
    }

    @Test("Streams that are reset since nobody reads them spend the budget for resets")
    func stallsAreProvoked() async throws {
        let limits = limits {
            $0.sendStall = .milliseconds(300)
            $0.http2.budget.wastedStreamsMax = 3
        }
        try await TestServer.with(.http2, limits: limits) { server in
            let output = try await HTTP2Script.run(
                HTTP2Script.start(server.port) + """

                    for i in range(5): send_headers(1 + 2 * i, '/large', end=True)
                    flush()
                    print(goaway())
                    """)
            #expect(output.text == "11\n", "\(output.text)")
            #expect(server.record.notes("limited").contains("http2-resets"))
        }
    }

    @Test("What an old HTTP/2 connection still answers is ended after a while, but no tunnel")
    func oldHTTP2() async throws {
        let limits = limits {
            $0.ageMax = .milliseconds(200)
            $0.ageGrace = .milliseconds(300)
            $0.http2.takesConnectProtocol = true
        }
        try await TestServer.with(.http2, limits: limits) { server in
            let output = try await HTTP2Script.run(
                HTTP2Script.start(server.port) + """

                    import hyperframe.frame as f
                    fields = [(':method', 'CONNECT'), (':protocol', 'websocket'), (':scheme', 'http'),
                        (':authority', 'a'), (':path', '/tunnel')]
                    c.send_headers(1, fields)
                    send_headers(3, '/hang', end=True)
                    flush()
                    data, seen = b'', []
                    while b'abc' not in seen:
                        more = s.recv(65536)
                        if not more: break
                        data += more
                        while len(data) >= 9:
                            frame, n = f.Frame.parse_frame_header(memoryview(data[:9]))
                            if len(data) < 9 + n: break
                            frame.parse_body(memoryview(data[9:9 + n]))
                            data = data[9 + n:]
                            if isinstance(frame, f.GoAwayFrame): seen.append('goaway')
                            if isinstance(frame, f.PingFrame) and 'ACK' not in frame.flags:
                                s.sendall(f.PingFrame(0, frame.opaque_data, flags=['ACK']).serialize())
                            if isinstance(frame, f.RstStreamFrame):
                                seen.append((frame.stream_id, frame.error_code))
                                s.sendall(f.DataFrame(1, b'abc').serialize())
                            if isinstance(frame, f.DataFrame): seen.append(bytes(frame.data))
                    print(seen)
                    """)
            #expect(output.text == "['goaway', 'goaway', (3, 8), b'abc']\n", "\(output.text)")
            #expect(server.record.notes("limited") == ["age", "age-grace"])
            #expect(await server.record.eventually { $0.value("cancelled") == 1 })
        }
    }

    @Test("What an old HTTP/1.1 connection still answers is ended after a while, but no tunnel")
    func oldHTTP1() async throws {
        let limits = limits {
            $0.ageMax = .milliseconds(200)
            $0.ageGrace = .milliseconds(300)
        }
        try await TestServer.with(.http1, limits: limits) { server in
            let tunnel = try RawConnection(port: server.port)
            tunnel.send("GET /tunnel HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n")
            #expect(await tunnel.receive(until: "\r\n\r\n").contains(" 101 "))
            let client = try RawConnection(port: server.port)
            client.send("GET /hang HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(await client.receiveAll().ended)
            #expect(server.record.notes("limited").filter { $0 == "age-grace" }.count == 1)
            #expect(await server.record.eventually { $0.value("cancelled") == 1 })
            tunnel.send("abc")
            #expect(await tunnel.receive(until: "abc") == "abc")
        }
    }
}
