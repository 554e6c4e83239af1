import Foundation

/// Python's `h2` as the other end: its frames are not ours, and it can be told to misbehave.
enum HTTP2Script {
    /// Connects; defines what the scripts use.
    static func start(_ port: Int) -> String {
        """
        import socket, sys
        try:
            import h2.connection, h2.config, h2.events
        except ImportError as e:
            sys.exit('the Python package h2 is missing: %s (set CAUSEWAY_PYTHON to a Python that has it)' % e)
        s = socket.create_connection(('127.0.0.1', \(port)))
        s.settimeout(10)
        c = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding='utf-8',
            validate_outbound_headers=False, normalize_outbound_headers=False))
        events = []
        def flush():
            try: s.sendall(c.data_to_send())
            except OSError: pass
        def pump(done):
            while not any(done(e) for e in events):
                try: data = s.recv(65536)
                except OSError: data = b''
                if not data: return None
                try: events.extend(c.receive_data(data))
                except Exception as e: sys.exit('protocol: %r' % e)
                flush()
            return [e for e in events if done(e)][0]
        def send_headers(stream, path, length=None, end=False, extra=[]):
            fields = [(':method', 'POST'), (':scheme', 'http'), (':authority', 'a'), (':path', path)] + extra
            if length is not None: fields.append(('content-length', str(length)))
            c.send_headers(stream, fields, end_stream=end)
        def status(stream):
            e = pump(lambda e: isinstance(e, h2.events.ResponseReceived) and e.stream_id == stream)
            return dict(e.headers)[':status'] if e else None
        def reset(stream):
            e = pump(lambda e: isinstance(e, h2.events.StreamReset) and e.stream_id == stream)
            return int(e.error_code) if e else None
        def goaway():
            e = pump(lambda e: isinstance(e, h2.events.ConnectionTerminated))
            return int(e.error_code) if e else None
        c.initiate_connection()
        flush()
        """
    }

    /// Connects and sends the head of a POST on stream 1; without a length it is the whole request.
    static func open(_ port: Int, path: String, length: Int?) -> String {
        let length = length.map { "\($0)" } ?? "None"
        let end = length == "None" ? "True" : "False"
        return start(port) + "\nsend_headers(1, '\(path)', length=\(length), end=\(end))\nflush()"
    }

    static func run(_ script: String) async throws -> Program.Output {
        try await Program.run([Program.python, "-c", script])
    }
}
