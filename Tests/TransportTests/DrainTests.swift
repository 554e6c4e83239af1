import Foundation
import HTTP
import Primitives
import TestKit
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

    @Test("A request that was on its way when the drain began is answered as the last one", arguments: [true, false])
    func lastRequest(isFresh: Bool) async throws {
        try await TestServer.with(.http1) { server in
            let (busy, idle) = (try RawConnection(port: server.port), try RawConnection(port: server.port))
            let request = "GET /x HTTP/1.1\r\nhost: a\r\n\r\n"
            if !isFresh {
                for connection in [busy, idle] {
                    connection.send(request)
                    let answer = await connection.receive(until: "hello /x")
                    #expect(!answer.contains("connection: close"))
                }
            }
            #expect(await server.record.eventually { $0.value("accepted") == 2 })
            let half = request.prefix(20)
            busy.send(String(half))
            async let drained: Void = server.listener.drain(deadline: .after(.seconds(20)))
            // Who stays quiet is let go; who has begun to ask is not.
            let (nothing, ended) = await idle.receiveAll()
            #expect(nothing.isEmpty && ended)
            busy.send(String(request.dropFirst(half.count)))
            let (answer, isOver) = await busy.receiveAll()
            #expect(answer.contains("connection: close") && answer.hasSuffix("hello /x") && isOver, "\(answer)")
            await drained
        }
    }

    @Test("A connection whose client has not said hello yet when the drain begins gets its request answered")
    func helloInDrain() async throws {
        let context = try Certificate.context()
        try await TestServer.with(.tls { context }) { server in
            let client = try ChildProcess([ChildProcess.python, "-u", "-c", Self.lateHello, String(server.port)])
            #expect(await client.nextLine() == "connected")
            #expect(await server.record.eventually { $0.value("accepted") == 1 })
            async let drained: Void = server.listener.drain(deadline: .after(.seconds(20)))
            client.write("\n")
            #expect(await client.nextLine() == "hello /x")
            await drained
        }
    }

    private static let lateHello = """
        import socket, ssl, sys
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        raw = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
        print('connected')
        sys.stdin.readline()
        tls = context.wrap_socket(raw)
        tls.sendall(b'GET /x HTTP/1.1\\r\\nhost: localhost\\r\\n\\r\\n')
        text = b''
        while more := tls.recv(4096):
            text += more
        print(text.split(b'\\r\\n\\r\\n')[1].decode())
        """
}
