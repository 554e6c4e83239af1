import HTTP
import Testing
import Transport

/// Heads over HTTP/2 that two readers could understand differently.
@Suite struct RefusedHeadTests {
    @Test func hostsThatDifferAreAnswered() async throws {
        try await TestServer.with(.http2) { server in
            for (extra, status) in [("[('host', 'b')]", "400"), ("[('host', 'A:80')]", "200"), ("[]", "200")] {
                let output = try await HTTP2Script.run(
                    HTTP2Script.start(server.port) + """

                        send_headers(1, '/a', end=True, extra=\(extra))
                        flush()
                        print(status(1))
                        """)
                #expect(output.text == "\(status)\n", "\(extra): \(output.text)")
            }
            #expect(server.record.notes("limited") == ["http2-host-mismatch"])
            #expect(server.record.value("started") == 2)
        }
    }

    /// What the library refuses costs its stream, not the connection, however long that lives on.
    @Test func aHeadThatIsNoneIsNotAwaited() async throws {
        var limits = HTTPLimits()
        limits.headerRead = .milliseconds(200)
        try await TestServer.with(.http2, limits: limits) { server in
            let output = try await HTTP2Script.run(
                HTTP2Script.start(server.port) + """

                    import time
                    send_headers(1, '/a', end=True, extra=[('host', 'a'), ('host', 'a')])
                    flush()
                    print(reset(1))
                    stream, end = 3, time.monotonic() + 1.5
                    while time.monotonic() < end:
                        send_headers(stream, '/a', end=True)
                        flush()
                        if status(stream) != '200': sys.exit('the connection is gone')
                        stream += 2
                        time.sleep(0.02)
                    print('alive')
                    """)
            #expect(output.text == "1\nalive\n", "\(output.text)")
            #expect(server.record.notes("limited") == ["http2-host-repeated"])
        }
    }
}
