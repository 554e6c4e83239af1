import HTTP
import ServiceKit

@testable import Gateway

/// One row of the edge's table of limits: what crosses it, and under which reason operators hear of that.
struct EdgeLimit: CustomStringConvertible {
    /// The setting, without `CAUSEWAY_GATEWAY_`; empty where it is no setting of the gateway's.
    let setting: String
    /// The reason's label in `transport_events_total`, or the limit's in `limits_reached_total`.
    let reason: String
    /// Lowers the limit, so that crossing it takes little.
    let lower: @Sendable (inout GatewayConfiguration) -> Void
    /// Python that crosses it; `EdgeLimitTests.prelude` says with what.
    let attack: String

    init(
        _ setting: String, _ reason: String, _ attack: String,
        lower: @escaping @Sendable (inout GatewayConfiguration) -> Void = { _ in }
    ) {
        self.setting = setting
        self.reason = reason
        self.lower = lower
        self.attack = attack
    }

    var description: String { "\(setting) → \(reason)" }
}

extension EdgeLimit {
    /// Streams, heads, and frames that cost more than they bring.
    static let frames: [EdgeLimit] = [
        EdgeLimit(
            "STREAMS_MAX", "http2-streams",
            "c = H2()\nfor i in range(8): c.head(1 + 2 * i, '/v1/test/upload?do=hold', 'POST', end=False)\nc.closed(1)"
        ) { $0.http.http2.concurrentStreamsMax = 4 },
        EdgeLimit(
            "STREAMS_PER_READ_MAX", "http2-streams-per-read",
            "c = H2()\nc.send(b''.join(c.block(1 + 2 * i, '/livez') for i in range(4)))\nc.answers(4)"
        ) { $0.http.http2.streamsPerReadMax = 2 },
        EdgeLimit(
            "STREAM_WINDOW_BYTES", "http2-flow-control-error",
            "c = H2()\nc.head(1, '/v1/test/upload?do=hold', 'POST', end=False)\n"
                + "c.send(b''.join(frame(0, 0, 1, b'x' * 16384) for _ in range(64)))\nc.closed(2)"),
        EdgeLimit(
            "CONNECTION_WINDOW_BYTES", "http2-flow-control-error",
            """
            c = H2()
            streams, sent = (1, 3, 5, 7), {}
            for i in streams: c.head(i, '/v1/test/upload?do=hold', 'POST', end=False)
            # Each stream within its own window, and all together not within the connection's.
            while c.goaway is None:
                for i in streams:
                    if sent.get(i, 0) + 16384 > 65536 + c.opened.get(i, 0): continue
                    c.send(frame(0, 0, i, b'x' * 16384))
                    sent[i] = sent.get(i, 0) + 16384
                if c.next() is not True: break
            if c.goaway != 3 or any(kind == 3 for kind, _, _ in c.seen): sys.exit('%s %s' % (c.goaway, c.seen))
            """
        ) { $0.http.http2.connectionWindowBytes = 96 * 1024 },
        EdgeLimit(
            "HEADER_BYTES_MAX", "http2-header-bytes",
            "c = H2()\nc.head(1, '/livez', extra=[('x', 'y' * 3000)])\nc.answers(1)"
        ) { $0.http.headerBytesMax = 2048 },
        EdgeLimit(
            "HEADER_FIELDS_MAX", "http2-too-many-fields",
            "c = H2()\nc.head(1, '/livez', extra=[('cookie', 'a=%d' % i) for i in range(40)])\nc.answers(1)"
        ) { $0.http.headerFieldsMax = 30 },
        EdgeLimit(
            "HEADER_FIELDS_MAX", "http1-too-many-fields",
            "ended(tls('http/1.1', b'GET / HTTP/1.1\\r\\nHost: a\\r\\n' + b'X: y\\r\\n' * 40 + b'\\r\\n'))"),
        EdgeLimit(
            "HEADER_BYTES_MAX", "http1-header-too-large",
            "ended(tls('http/1.1', b'GET / HTTP/1.1\\r\\nHost: a\\r\\nX: ' + b'y' * 3000 + b'\\r\\n\\r\\n'))"
        ),
        EdgeLimit(
            "", "http2-field-forbidden",
            "c = H2()\nc.head(1, '/livez', extra=[('connection', 'close')])\nc.answers(1)"),
        EdgeLimit(
            "PIPELINED_PARTS_MAX", "http1-pipelined",
            "ended(tls('http/1.1', b'GET /livez HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' * 40))"
        ) { $0.http.pipelinedPartsMax = 16 },
        EdgeLimit(
            "CHUNK_OVERHEAD_BYTES_MAX", "http1-chunk-overhead",
            """
            head = b'POST /v1/test/orders HTTP/1.1\\r\\nHost: localhost\\r\\nExpect: 100-continue\\r\\n'
            s = tls('http/1.1', head + b'Transfer-Encoding: chunked\\r\\n\\r\\n')
            s.recv(65536)
            s.sendall((b'1;' + b'x' * 1000 + b'\\r\\na\\r\\n') * 8)
            ended(s)
            """
        ) { $0.http.chunkOverheadBytesMax = 2048 },
        EdgeLimit(
            "CONTINUATIONS_MAX", "http2-continuations",
            "c = H2()\nc.send(frame(1, 0, 1, b'\\x82') + frame(9, 0, 1, b'') * 5)\nc.closed()"
        ) { $0.http.http2.continuationsMax = 3 },
        EdgeLimit(
            "HEADER_TABLE_BYTES", "http2-compression-error",
            "c = H2()\nc.send(frame(1, 5, 1, bytes([0x3f, 0xe1, 0x3f, 0x82, 0x87, 0x84, 0x41, 1, 97])))\nc.closed()"),
        EdgeLimit(
            "WASTED_STREAMS_MAX", "http2-resets",
            "c = H2()\nfor i in range(10): c.send(c.block(1 + 2 * i, '/livez') + reset(1 + 2 * i))\nc.closed()"
        ) { $0.http.http2.budget.wastedStreamsMax = 5 },
        EdgeLimit(
            "RESETS_MAX", "http2-reset-rate",
            """
            c = H2()
            for i in range(12):
                c.head(1 + 4 * i, '/livez')
                if not c.answers(i + 1): break
                c.send(c.block(3 + 4 * i, '/livez') + reset(3 + 4 * i))
            c.closed()
            """
        ) { $0.http.http2.budget.resetsMax = 8 },
        EdgeLimit(
            "PINGS_PER_SECOND_MAX", "http2-pings", "c = H2()\nc.send(frame(6, 0, 0, b'12345678') * 20)\nc.closed()"),
        EdgeLimit(
            "SETTINGS_PER_SECOND_MAX", "http2-settings", "c = H2()\nc.send(frame(4, 0, 0, b'') * 20)\nc.closed()"),
        EdgeLimit(
            "PRIORITY_FRAMES_MAX", "http2-priority",
            "c = H2()\nc.send(frame(2, 0, 1, b'\\0\\0\\0\\0\\1') * 20)\nc.closed()"
        ) { $0.http.http2.budget.priorityFramesMax = 5 },
        EdgeLimit(
            "WINDOW_UPDATES_MAX", "http2-window-updates",
            "c = H2()\nc.send(frame(8, 0, 0, b'\\0\\0\\0\\1') * 60)\nc.closed()"
        ) { $0.http.http2.budget.windowUpdatesMax = 10 },
        EdgeLimit(
            "EMPTY_DATA_MAX", "http2-empty-data",
            "c = H2()\nc.head(1, '/v1/test/orders', 'POST', end=False)\nc.send(frame(0, 0, 1, b'') * 20)\nc.closed()"
        ) { $0.http.http2.budget.emptyDataFramesMax = 5 },
        EdgeLimit(
            "TINY_DATA_BYTES_MAX", "http2-tiny-data",
            "c = H2()\nc.head(1, '/v1/test/orders', 'POST', end=False)\nc.send(frame(0, 0, 1, b'x') * 20)\nc.closed()"
        ) { $0.http.http2.budget.dataDeficitBytesMax = 1024 },
        EdgeLimit(
            "SKIPPED_BYTES_MAX", "http2-skipped-frames",
            "c = H2()\nc.send(frame(32, 0, 0, b'x' * 1000) * 20)\nc.closed()"
        ) { $0.http.http2.budget.skippedBytesMax = 2048 },
        EdgeLimit(
            "SETTINGS_ENTRIES_MAX", "http2-enhance-your-calm",
            "c = H2()\nc.send(frame(4, 0, 0, struct.pack('>HI', 0x1234, 0) * 20))\nc.closed()"
        ) { $0.http.http2.settingsEntriesMax = 8 },
        EdgeLimit(
            "EARLY_ANSWER_BYTES_MAX", "http2-early-answer-bytes",
            tooLarge + "c.send(frame(0, 0, 1, b'x' * 16000) * 2)\nc.closed(1)"
        ) { $0.http.http2.droppedBytesMax = 20_000 },
    ]

    /// A request that is answered before its body has come.
    private static let tooLarge =
        "c = H2()\nc.head(1, '/v1/test/orders', 'POST', extra=[('content-length', '99999999')], end=False)\n"
        + "c.answers(1)\n"

    /// Slowness and silence, and what is held for clients.
    static let times: [EdgeLimit] = [
        EdgeLimit(
            "SEND_STALL_SECONDS", "send-stall",
            "c = H2(window=0)\nc.head(1, '/openapi.json')\nc.closed(1)"
        ) { $0.http.sendStall = .seconds(3) },
        EdgeLimit(
            "SEND_BUFFER_BYTES_MAX", "http2-send-buffer",
            "c = H2(window=0)\nfor i in range(3): c.head(1 + 2 * i, '/openapi.json')\n"
                + "c.answers(3, ends=False)\nc.head(7, '/v1/articles')\nc.closed(1)"
        ) { $0.http.http2.bufferedBytesMax = 64 * 1024 },
        EdgeLimit("TLS_HANDSHAKE_SECONDS", "tls-handshake", "ended(tcp())") {
            $0.http.tlsHandshake = .seconds(3)
        },
        EdgeLimit("HEADER_SECONDS", "header-read", "c = H2()\nc.send(frame(1, 0, 1, b'\\x82'))\nc.closed()") {
            $0.http.headerRead = .seconds(3)
        },
        EdgeLimit("HEADER_SECONDS", "http1-header-read", "s = tls('http/1.1')\ns.sendall(b'GET / HT')\nended(s)"),
        EdgeLimit(
            "BODY_IDLE_SECONDS", "body-read",
            "c = H2()\nc.head(1, '/v1/test/orders', 'POST', end=False, extra=[('content-length', '9')])\nc.answers(1)"
        ) { $0.http.bodyIdle = .seconds(3) },
        EdgeLimit(
            "BODY_FLOOR_BYTES", "body-read",
            """
            c = H2()
            c.head(1, '/v1/test/orders', 'POST', end=False, extra=[('content-length', '999')])
            for _ in range(200):
                c.send(frame(0, 0, 1, b'x'))
                if c.answers(1, wait=0.1): break
            else: sys.exit('a body of ten bytes a second was awaited for twenty seconds')
            """
        ) { $0.http.http2.budget.dataDeficitBytesMax = 1024 * 1024 },
        // The time of the operation, which its contract says.
        EdgeLimit(
            "", "body-deadline",
            "c = H2()\nc.head(1, '/v1/test/brief', 'POST', end=False, extra=[('content-length', '9')])\nc.answers(1)"),
        EdgeLimit("IDLE_HTTP2_SECONDS", "idle", "c = H2()\nc.closed()") { $0.http.idleHTTP2 = .seconds(3) },
        EdgeLimit(
            "IDLE_HTTP1_SECONDS", "idle", "ended(tls('http/1.1', b'GET /livez HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'))"
        ) {
            $0.http.idleHTTP1 = .seconds(3)
            $0.http.headerRead = .seconds(3)
        },
        EdgeLimit(
            "CONNECTION_AGE_SECONDS", "age",
            """
            c = H2()
            for i in range(400):
                c.head(1 + 2 * i, '/livez')
                c.answers(i + 1, wait=0.05)
                if any(kind == 7 for kind, _, _ in c.seen): break
                time.sleep(0.05)
            """
        ) { $0.http.ageMax = .seconds(6) },
        EdgeLimit(
            "", "body-bytes", tooLarge),
        EdgeLimit("EARLY_ANSWER_IDLE_SECONDS", "http2-early-answer-idle", tooLarge + "c.closed(1)"),
        EdgeLimit(
            "EARLY_ANSWER_SECONDS", "http2-early-answer-time",
            tooLarge
                + """
                for _ in range(200):
                    c.send(frame(0, 0, 1, b'x' * 300))
                    c.answers(2, wait=0.1)
                    if any(kind == 3 for kind, _, _ in c.seen): break
                """
        ) { $0.http.http2.droppedTotal = .seconds(2) },
        EdgeLimit(
            "CONNECTIONS_PER_ADDRESS_MAX", "connections-per-address", "held = [tcp() for _ in range(40)]\nended(tcp())"
        ) { $0.http.connectionsPerAddressMax = 40 },
        EdgeLimit(
            "CONNECTIONS_MAX", "connections",
            "held = [tcp('127.0.0.%d' % (2 + i % 2)) for i in range(60)]\nended(tcp('127.0.0.9'))"
        ) { $0.connectionsMax = 60 },
    ]

    /// What only shows where another limit is out of the way.
    static let alone: [EdgeLimit] = [
        EdgeLimit(
            "CONTROL_FRAMES_MAX", "http2-control-frames",
            "c = H2()\nc.send(frame(6, 0, 0, b'12345678') * 4000)\nc.closed()"
        ) {
            $0.http.http2.queuedControlFramesMax = 20
            $0.http.http2.budget.pingsPerSecondMax = 1_000_000
        },
        EdgeLimit(
            "UPSTREAM_CONNECT_MILLISECONDS", "upstream-connect", "c = H2()\nc.head(1, '/v1/articles')\nc.answers(1)"
        ) { $0.upstream.connectTimeout = .milliseconds(200) },
        EdgeLimit(
            "CONNECTION_AGE_GRACE_SECONDS", "age-grace", "c = H2(window=0)\nc.head(1, '/openapi.json')\nc.closed(1)"
        ) {
            $0.http.ageMax = .milliseconds(1500)
            $0.http.ageGrace = .milliseconds(1500)
        },
    ]
}
