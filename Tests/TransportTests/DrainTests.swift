import Foundation
import HTTP
import Primitives
import Testing
import Transport

@Suite struct DrainTests {
    @Test(arguments: [CurlTests.Wire.h2c, .http1, .tlsHTTP2, .tlsHTTP1])
    func requestsInFlightFinish(_ wire: CurlTests.Wire) async throws {
        try await TestServer.with(wire.protocols) { server in
            async let answer = Program.run(wire.curl(server.port, "/slow"))
            #expect(await server.record.eventually { $0.value("started") == 1 })
            await server.listener.drain(deadline: .after(.seconds(10)))
            #expect(server.listener.connectionCount == 0)
            let text = try await answer.text
            #expect(text == "slow")
            // Nobody listens any more.
            let refused = try await Program.run(wire.curl(server.port, "/x"))
            #expect(refused.status == 7)
        }
    }

    @Test func deadlineEndsWhatHangs() async throws {
        try await TestServer.with(.http2) { server in
            async let answer = Program.run(CurlTests.Wire.h2c.curl(server.port, "/hang"))
            #expect(await server.record.eventually { $0.value("started") == 1 })
            await server.listener.drain(deadline: .after(.milliseconds(200)))
            #expect(server.listener.connectionCount == 0)
            let status = try await answer.status
            #expect(status != 0)
            #expect(await server.record.eventually { $0.value("cancelled") == 1 })
        }
    }

    @Test func drainSendsTwoGoAways() async throws {
        try await TestServer.with(.http2) { server in
            async let output = HTTP2Script.run(
                HTTP2Script.open(server.port, path: "/collect", length: 3) + """

                    import hyperframe.frame as f
                    data = b''
                    seen = []
                    while True:
                        while len(data) >= 9:
                            frame, n = f.Frame.parse_frame_header(memoryview(data[:9]))
                            if len(data) < 9 + n: break
                            frame.parse_body(memoryview(data[9:9 + n]))
                            data = data[9 + n:]
                            if isinstance(frame, f.GoAwayFrame):
                                seen.append((frame.error_code, frame.last_stream_id))
                                if len(seen) == 2: s.sendall(f.DataFrame(1, b'abc', flags=['END_STREAM']).serialize())
                            if isinstance(frame, f.HeadersFrame): seen.append('answer')
                            if isinstance(frame, f.PingFrame) and 'ACK' not in frame.flags:
                                ack = f.PingFrame(0, frame.opaque_data, flags=['ACK'])
                                s.sendall(ack.serialize())
                        more = s.recv(65536)
                        if not more: break
                        data += more
                    print(seen)
                    """)
            #expect(await server.record.eventually { $0.value("started") == 1 })
            await server.listener.drain(deadline: .after(.seconds(10)))
            let text = try await output.text
            #expect(text == "[(0, 2147483647), (0, 1), 'answer']\n", "\(text)")
        }
    }
}
