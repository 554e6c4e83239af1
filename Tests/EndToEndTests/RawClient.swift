import TestKit

/// Bytes on a socket, for what no well-behaved client sends.
enum RawClient {
    /// Sends `bytes` and returns what comes back until the other end closes, or `seconds` have passed.
    ///
    /// - Parameter isSecure: whether TLS is spoken first, with `http/1.1`.
    static func exchange(
        _ bytes: [UInt8], port: Int, isSecure: Bool = false, seconds: Double = 5
    ) async throws -> (bytes: [UInt8], isClosed: Bool) {
        let outcome = try await ChildProcess.run(
            [ChildProcess.python, "-c", rawScript, String(port), isSecure ? "tls" : "plain", String(seconds)],
            input: bytes)
        guard outcome.status == 0 else { throw SuiteUnderTest.Fault(description: outcome.errorText) }
        return (outcome.output, outcome.errorText.contains("closed"))
    }

    private static let rawScript = """
        import socket, ssl, sys
        port, mode, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
        data = sys.stdin.buffer.read()
        s = socket.create_connection(('127.0.0.1', port), timeout=10)
        if mode == 'tls':
            c = ssl.create_default_context()
            c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
            c.set_alpn_protocols(['http/1.1'])
            s = c.wrap_socket(s, server_hostname='localhost')
        try:
            s.sendall(data)
            s.settimeout(seconds)
            while True:
                got = s.recv(65536)
                if not got:
                    sys.stderr.write('closed')
                    break
                sys.stdout.buffer.write(got)
        except (ConnectionError, ssl.SSLError):
            sys.stderr.write('closed')
        except TimeoutError:
            pass
        """

    /// Sends the head of a request over HTTP/2 that declares `length` bytes, sends none, and returns status, content
    /// type and body of the answer as three lines.
    static func declare(
        length: Int, path: String, authorization: String, port: Int
    ) async throws -> [String] {
        let outcome = try await ChildProcess.run(
            [ChildProcess.python, "-c", declareScript, String(port), path, authorization, String(length)], seconds: 20)
        return (outcome.text + outcome.errorText).split(separator: "\n").map(String.init)
    }

    private static let declareScript = """
        import socket, ssl, sys
        import h2.connection, h2.events
        port, path, authorization, length = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
        c = ssl.create_default_context()
        c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
        c.set_alpn_protocols(['h2'])
        s = c.wrap_socket(socket.create_connection(('127.0.0.1', port), timeout=10), server_hostname='localhost')
        h = h2.connection.H2Connection()
        h.initiate_connection()
        h.send_headers(1, [(':method', 'POST'), (':scheme', 'https'), (':authority', 'localhost'), (':path', path),
                           ('authorization', authorization), ('content-type', 'application/json'),
                           ('content-length', length)])
        s.sendall(h.data_to_send())
        body, ended = b'', False
        while not ended:
            data = s.recv(65536)
            if not data: break
            for event in h.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    fields = {name.decode(): value.decode() for name, value in
                              [(n if isinstance(n, bytes) else n.encode(), v if isinstance(v, bytes) else v.encode())
                               for n, v in event.headers]}
                    print(fields[':status'])
                    print(fields.get('content-type'))
                if isinstance(event, h2.events.DataReceived): body += event.data
                if isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)): ended = True
            s.sendall(h.data_to_send())
        print(body.decode())
        """
}
