import Foundation
import TestKit
import Testing

@Suite("What the edge refuses")
struct EdgeRefusalTests {
    private static let largeBodies = """
        import ssl, sys
        import httpx
        base, certificate, token, is_http2 = sys.argv[1:]
        client = httpx.Client(base_url=base, http2=is_http2 == 'true', timeout=15, trust_env=False,
                              verify=ssl.create_default_context(cafile=certificate),
                              headers={'authorization': 'Bearer ' + token, 'content-type': 'application/json'})
        def pieces(size):
            for _ in range(size // 10_000): yield b'x' * 10_000
        for size in (530_000, 2_000_000):
            for body in (b'x' * size, pieces(size)):
                reply = client.post('/v1/articles', content=body)
                assert reply.status_code == 413 and reply.json()['code'] == 'body-too-large', reply.text
        assert client.get('/livez').status_code == 200
        print('read')
        """

    /// httpx looks for an answer only when all is sent.
    @Test("A client that sends all of a body that is too large reads why", arguments: [true, false])
    func largeBody(isHTTP2: Bool) async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson("large")
        let outcome = try await ChildProcess.run(
            [
                ChildProcess.python, "-c", Self.largeBodies, suite.gateway.base, suite.certificate, person.accessToken,
                "\(isHTTP2)",
            ], seconds: 60)
        #expect(outcome.text == "read\n", "\(outcome.text)\(outcome.errorText)")
    }

    /// What a client says of where it is, and what becomes of it.
    private static let heads: [(authority: String, scheme: String, host: String?, status: String)] = [
        ("localhost", "https", nil, "200"), ("localhost", "https", "LOCALHOST:443", "200"),
        ("user@localhost", "https", nil, "400"), ("localhost:99999", "https", nil, "400"),
        ("localhost", "https", "evil.example", "400"), ("localhost", "http", nil, "421"),
        ("localhost", "ftp", nil, "400"),
    ]

    private static let head = """
        import socket, ssl, sys
        import h2.connection, h2.config, h2.events
        port, authority, scheme, host = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
        c = ssl.create_default_context()
        c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
        c.set_alpn_protocols(['h2'])
        s = c.wrap_socket(socket.create_connection(('127.0.0.1', port), timeout=10), server_hostname='localhost')
        h = h2.connection.H2Connection(h2.config.H2Configuration(
            header_encoding='utf-8', validate_outbound_headers=False, normalize_outbound_headers=False))
        h.initiate_connection()
        fields = [(':method', 'GET'), (':scheme', scheme), (':authority', authority), (':path', '/livez')]
        h.send_headers(1, fields + ([('host', host)] if host else []), end_stream=True)
        s.sendall(h.data_to_send())
        while True:
            for event in h.receive_data(s.recv(65536)):
                if isinstance(event, h2.events.ResponseReceived):
                    fields = dict(event.headers)
                    print(fields[':status'], fields['x-request-id'])
                    sys.exit()
                if isinstance(event, h2.events.StreamReset): sys.exit('reset %d' % event.error_code)
        """

    @Test("Authority, host and scheme are judged, and each refusal has its line in the log")
    func authorities() async throws {
        let suite = try await SuiteUnderTest.shared()
        for head in Self.heads {
            let outcome = try await ChildProcess.run([
                ChildProcess.python, "-c", Self.head, String(suite.ports.https), head.authority, head.scheme,
                head.host ?? "",
            ])
            let words = outcome.text.split(whereSeparator: \.isWhitespace).map(String.init)
            #expect(words.first == head.status, "\(head): \(outcome.text)\(outcome.errorText)")
            let id = try #require(words.last)
            try await eventually { suite.log(.gateway).contains { $0.contains(id) && $0.contains(head.status) } }
        }
        let raw = "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"
        let answer = try await RawClient.exchange(Array(raw.utf8), port: suite.ports.https, isSecure: true)
        let reply = try #require(HTTPReply(parsing: answer.bytes))
        expectProblem(reply, 400, "malformed-request")
        let id = try #require(reply.header("x-request-id"))
        try await eventually { suite.log(.gateway).contains { $0.contains(id) } }
    }

    @Test("A method that is not there is no error of ours")
    func methods() async throws {
        let suite = try await SuiteUnderTest.shared()
        let reply = try await suite.gateway.send("TRACE", "/v1/articles")
        expectProblem(reply, 501, "not-implemented")
        let id = try #require(reply.header("x-request-id"))
        try await eventually { suite.log(.gateway).contains { $0.contains(id) } }
        let line = try #require(suite.log(.gateway).first { $0.contains(id) })
        #expect(line.contains(#""level":"info""#), "\(line)")
    }
}
