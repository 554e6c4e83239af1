import Contract
import Foundation
import TestKit
import Testing

@testable import Gateway

/// Routes beside the contracts, to upstreams that are none of the suite's.
@Suite("Static routes", .serialized)
struct StaticRouteTests {
    private struct Facts: Decodable {
        let fields: [[String]]
        let path: String
        let bytes: Int
        let trailers: [[String]]
        let connection: Int?

        subscript(name: String) -> String? { fields.last { $0[0] == name }?[1] }
        var names: [String] { fields.map { $0[0] }.filter { !$0.hasPrefix(":") } }
    }

    private func facts(_ reply: TestGateway.Reply) throws -> Facts {
        try JSONDecoder().decode(Facts.self, from: Data(reply.body.utf8))
    }

    @Test("pass what HTTP gives a meaning to, and nothing that the suite believes", arguments: ["/legacy/", "/h2/"])
    func fields(prefix: String) async throws {
        try await EdgeOrigin.with { gateway, _ in
            let forged = [
                "x-forwarded-for": "1.2.3.4", "forwarded": "for=1.2.3.4", "x-real-ip": "1.2.3.4", "cookie": "a=b",
                "causeway-caller": "v1.gateway.e30.AAAA", "x-request-id": "forged", "tracestate": "a=b",
                "x-user-id": "1",
                "proxy-authorization": "x", "x-other": "no",
            ].flatMap { ["-H", "\($0.key): \($0.value)"] }
            let token = ["-H", "Authorization: Bearer \(gateway.token())"]
            for version in ["--http2", "--http1.1"] {
                let reply = try await gateway.get(
                    "\(prefix)facts?q=%41&r[]=1",
                    forged + token + [version, "-A", "agent/1", "-H", "X-App: 1", "-H", "Accept-Language: de"])
                let facts = try facts(reply)
                #expect(facts.path == "\(prefix)facts?q=%41&r[]=1")
                #expect(facts["x-forwarded-for"] == "127.0.0.1" && facts["x-forwarded-proto"] == "https")
                #expect(facts["x-request-id"] == reply["x-request-id"] && facts["user-agent"] == "agent/1")
                let host = "127.0.0.1:\(gateway.ports.https)"
                #expect((facts["host"] ?? facts[":authority"]) == host && facts["x-forwarded-host"] == host)
                let extra = prefix == "/legacy/" ? ["host", "x-app"] : []
                let expected: Set<String> = [
                    "accept", "accept-language", "user-agent", "forwarded", "x-forwarded-for",
                    "x-forwarded-proto",
                    "x-forwarded-host", "x-request-id", "traceparent",
                ]
                #expect(Set(facts.names) == expected.union(extra), "\(facts.names)")
                #expect(facts.names.count == Set(facts.names).count)
            }
        }
    }

    @Test("get the state of a trace with the trace that it belongs to", arguments: ["/legacy/", "/h2/"])
    func traceState(prefix: String) async throws {
        try await EdgeOrigin.with { gateway, _ in
            let trace = "0af7651916cd43dd8448eb211c80319c"
            let parent = ["-H", "traceparent: 00-\(trace)-b7ad6b7169203331-01"]
            let known = try facts(
                await gateway.get("\(prefix)facts", parent + ["-H", "tracestate: a=1", "-H", "tracestate: b=2"]))
            #expect(known["traceparent"]?.hasPrefix("00-\(trace)-") == true && known["tracestate"] == "a=1, b=2")
            let malformed = try facts(await gateway.get("\(prefix)facts", parent + ["-H", "tracestate: A=1"]))
            #expect(malformed["traceparent"]?.hasPrefix("00-\(trace)-") == true && malformed["tracestate"] == nil)
        }
    }

    @Test("have their texts made shorter where the route says so, with tags that the upstream never sees")
    func compressed() async throws {
        try await EdgeOrigin.with { gateway, _ in
            let ask = ["-H", "Accept-Encoding: gzip", "--compressed"]
            let plain = try await gateway.get("/legacy/text", ask)
            #expect(plain.status == 200 && plain["content-encoding"] == nil && plain["etag"] == "\"t1\"")
            let short = try await gateway.get("/short/text", ask)
            #expect(short["content-encoding"] == "gzip" && short["etag"] == "\"t1-gzip\"", "\(short.fields)")
            #expect(short["vary"] == "accept-encoding" && short.body == plain.body && short.body.utf8.count == 5000)
            let known = try await gateway.get("/short/text", ask + ["-H", "If-None-Match: \"t1-gzip\""])
            #expect(known.status == 304 && known["etag"] == "\"t1-gzip\"", "\(known.fields)")
            let posted = try await gateway.get("/short/text", ask + ["-d", "x"])
            #expect(posted.status == 200 && posted["content-encoding"] == nil)
        }
    }

    @Test("answer with the upstream's fields that may pass, under the edge's own")
    func answers() async throws {
        try await EdgeOrigin.with { gateway, _ in
            let reply = try await gateway.get("/legacy/facts")
            #expect(reply.status == 200 && reply["content-type"] == "application/json" && reply["x-app"] == "yes")
            #expect(reply["content-security-policy"] == "default-src 'self'")
            #expect(reply["strict-transport-security"] != nil && reply["x-request-id"] != nil)
            for name in ["server", "set-cookie", "x-other", "x_under"] { #expect(reply[name] == nil, "\(name)") }
            #expect(try await gateway.get("/legacy/facts", ["-I"]).status == 200)
            #expect(try await gateway.get("/legacy/facts", ["-X", "OPTIONS"]).status == 200)
            #expect(try await gateway.get("/legacy/facts", ["-X", "TRACE"]).status == 501)
            #expect(try await gateway.get("/legacy").status == 404)
            #expect(try await gateway.get("/private/facts").status == 401)
            let token = ["-H", "Authorization: Bearer \(gateway.token())"]
            let known = try await gateway.get("/private/facts", token)
            #expect(known.status == 200 && known["ratelimit-policy"]?.hasPrefix("\"read\"") == true)
            #expect(!known.body.contains("authorization") && !known.body.contains("causeway-caller"))
        }
    }

    @Test("are limited by the class that they name")
    func rate() async throws {
        try await EdgeOrigin.with(change: { configuration in
            guard var route = configuration.routes.first else { return }
            (route.prefix, route.rate) = ("/find/", .search)
            configuration.routes.append(route)
        }) { gateway, origin in
            let first = try await gateway.get("/find/facts")
            #expect(first.status == 200 && first["ratelimit-policy"] == "\"search\";q=60;w=60", "\(first)")
            let asked = Array(repeating: (path: "/find/facts", arguments: [String]()), count: 150)
            let (statuses, _) = try await gateway.onOneConnection("--http2", asked)
            #expect(Set(statuses) == [200, 429], "\(statuses)")
            #expect(try await origin.count("requests") == 1 + statuses.count { $0 == 200 })
            #expect(try await gateway.metric("limits_reached_total{limit=\"search\"}") > 0)
            // Another route, without a class, has room.
            #expect(try await gateway.get("/legacy/facts").status == 200)
        }
    }

    @Test("keep connections of HTTP/1.1, and bodies of every size whole")
    func bodies() async throws {
        try await EdgeOrigin.with(change: { $0.routeLimits.bodyBytesMax = 4 << 20 }) { gateway, origin in
            let ways = [[], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"]]
            for (index, count) in [0, 1, 65_536, 65_537, 3 << 20, 3 << 20].enumerated() {
                let file = gateway.folder.appending(path: "body-\(count)")
                try Data(repeating: 0x61, count: count).write(to: file)
                for path in ["/legacy/facts", "/h2/facts"] {
                    let reply = try await gateway.get(
                        path, ["--http1.1", "-X", "PUT", "--data-binary", "@\(file.path)"] + ways[index % 3])
                    #expect(try facts(reply).bytes == count, "\(path) \(index)")
                    #expect(try !facts(reply).names.contains("expect"))
                }
            }
            for _ in 0..<6 { #expect(try await gateway.get("/legacy/facts").status == 200) }
            // Two loops, one call after the other; on a busy machine a pause is long enough to end one.
            let counts = try await origin.tell("count")
            #expect(counts["connections", default: 0] * 2 <= counts["requests", default: 0], "\(counts)")
            let large = try await gateway.get("/legacy/large", ["-o", "/dev/null", "-w", "%{size_download}"])
            #expect(large.exit == 0)
            #expect(try await origin.count("pieces") == 320)
            let tooMuch = gateway.folder.appending(path: "body")
            try Data(repeating: 0x61, count: (4 << 20) + 1).write(to: tooMuch)
            let tooLarge = try await gateway.get(
                "/legacy/facts", ["--http1.1", "-X", "PUT", "--data-binary", "@\(tooMuch.path)"])
            #expect(tooLarge.status == 413 && tooLarge.json["code"] == "body-too-large")
        }
    }

    @Test("take every framing of HTTP/1.1 that has one meaning, and no other")
    func framing() async throws {
        try await EdgeOrigin.with { gateway, origin in
            for (act, body) in [("until-close", "all of it"), ("old", "old"), ("hints", "hinted"), ("two", "one")] {
                let reply = try await gateway.get("/legacy/\(act)")
                #expect(reply.status == 200 && reply.body == body, "\(act) \(reply)")
            }
            // What came behind an answer is nobody's.
            #expect(try facts(try await gateway.get("/legacy/facts")).bytes == 0)
            let early = try await gateway.get("/legacy/early", ["-X", "PUT", "--data-binary", "@/bin/sh"])
            #expect(early.status == 413 && early.body == "early", "\(early)")
            #expect(try await gateway.get("/legacy/half").status == 502)
            let kinds = [
                "length-and-coding", "coding-and-length", "two-lengths", "same-lengths", "sign", "other-coding",
                "coding-twice", "coding-list", "coding-in-1.0", "space-before-colon", "fold", "nul", "switch",
                "garbage",
                "large-head", "many-fields", "nothing", "half-a-head",
            ]
            for kind in kinds {
                let before = try await origin.count("gone")
                let reply = try await gateway.get("/legacy/bad/\(kind)", ["-X", "POST"])
                #expect(reply.status == 502 && reply.json["code"] == "bad-gateway", "\(kind) \(reply)")
                // No other call meets what is left on the connection.
                try await eventually { try await origin.count("gone") > before }
            }
        }
    }

    @Test("send what is safe again where a kept connection was just closed, and give slow upstreams up")
    func faults() async throws {
        try await EdgeOrigin.with(change: { $0.routeLimits.answer = .seconds(1) }) { gateway, origin in
            for _ in 0..<5 {
                #expect(try await gateway.get("/legacy/facts").status == 200)
                try await origin.tell("drop")
            }
            let late = try await gateway.get("/legacy/hang")
            #expect(late.status == 504 && late.json["code"] == "deadline-exceeded", "\(late)")
            try await eventually { try await gateway.get("/legacy/facts").status == 200 }
            await origin.process.stop(signal: 9)
            let away = try await gateway.get("/legacy/facts")
            #expect(away.status == 503 && away["retry-after"] == "1", "\(away)")
            #expect(try await gateway.get("/ws/echo").status == 503)
        }
    }

    @Test("may be asked by pages of other origins that are listed, without the upstream's word")
    func crossOrigin() async throws {
        let page = "https://app.example"
        try await EdgeOrigin.with(change: { $0.crossOrigins = [page] }) { gateway, origin in
            let asked = ["-X", "OPTIONS", "-H", "Access-Control-Request-Method: PUT"]
            // Also where the request itself will need a token, which no preflight carries.
            for path in ["/legacy/facts", "/private/facts"] {
                let preflight = try await gateway.get(path, asked + ["-H", "Origin: \(page)"])
                #expect(preflight.status == 204 && preflight["access-control-allow-origin"] == page, "\(preflight)")
                #expect(preflight["access-control-allow-methods"]?.contains("PUT") == true)
                #expect(preflight["access-control-allow-headers"]?.contains("authorization") == true)
            }
            let legacy = try await gateway.get("/legacy/facts", asked + ["-H", "Origin: \(page)"])
            #expect(legacy["access-control-allow-headers"]?.contains("x-app") == true)
            let other = try await gateway.get("/private/facts", asked + ["-H", "Origin: https://b.example"])
            #expect(other.status == 401 && other["access-control-allow-origin"] == nil, "\(other)")
            let reply = try await gateway.get("/legacy/facts", ["-H", "Origin: \(page)"])
            #expect(reply.status == 200 && reply["access-control-allow-origin"] == page)
        }
    }

    @Test("let events through as they are made", arguments: ["--http2", "--http1.1"])
    func events(version: String) async throws {
        try await EdgeOrigin.with { gateway, origin in
            // A service's go on beyond the second that its contract gives them to begin.
            for path in ["/legacy/events", "/v1/test/live?do=events"] {
                let client = try gateway.streaming(path, version)
                #expect(await client.nextLine() == "data: one")
                try await Task.sleep(for: .milliseconds(path.hasPrefix("/v1") ? 1100 : 0))
                try await origin.tell("go")
                gateway.service.openGate()
                #expect(await client.nextLine()?.isEmpty == true)
                #expect(await client.nextLine() == "data: two")
                #expect(await client.wait() == 0)
            }
        }
    }

    @Test("pass trailers both ways, those that may be some")
    func trailers() async throws {
        try await EdgeOrigin.with { gateway, _ in
            let outcome = try await ChildProcess.run([
                ChildProcess.python, "-c", Self.trailers, gateway.certificatePath, "\(gateway.ports.https)",
            ])
            #expect(outcome.text == "done\n", "\(outcome.errorText.suffix(500).replacing("\n", with: " "))")
        }
    }

    private static let trailers = """
        import json, socket, ssl, sys
        import h2.config, h2.connection, h2.events
        trust = ssl.create_default_context(cafile=sys.argv[1])
        def connect(protocol):
            trust.set_alpn_protocols([protocol])
            s = socket.create_connection(("127.0.0.1", int(sys.argv[2])), 20)
            s = trust.wrap_socket(s, server_hostname="localhost")
            return s
        def one(method, path, body, trailers):
            s = connect("http/1.1")
            head = f"{method} {path} HTTP/1.1\\r\\nhost: a\\r\\nte: trailers\\r\\nconnection: close, te\\r\\n"
            s.sendall(head.encode())
            if body:
                s.sendall(b"transfer-encoding: chunked\\r\\n\\r\\n%x\\r\\n%s\\r\\n0\\r\\n" % (len(body), body))
                s.sendall("".join(f"{n}: {v}\\r\\n" for n, v in trailers).encode() + b"\\r\\n")
            else:
                s.sendall(b"\\r\\n")
            answer = b""
            while data := s.recv(65536):
                answer += data
            return answer.decode()
        def told(body):
            return [("content-length", str(len(body)))] if 0 < len(body) < 100 else []
        def two(method, path, body, trailers):
            s, c = connect("h2"), h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
            c.initiate_connection()
            head = [(":method", method), (":scheme", "https"), (":authority", "localhost"), (":path", path)]
            c.send_headers(1, head + [("te", "trailers")] + told(body), end_stream=not body)
            for at in range(0, len(body), 16384):
                c.send_data(1, body[at:at + 16384])
            if body:
                c.send_headers(1, trailers, end_stream=True)
            got, after = b"", []
            while True:
                s.sendall(c.data_to_send())
                for e in c.receive_data(s.recv(65536)):
                    if isinstance(e, h2.events.DataReceived):
                        got += e.data
                        c.acknowledge_received_data(e.flow_controlled_length, 1)
                    elif isinstance(e, h2.events.TrailersReceived):
                        after = e.headers
                    elif isinstance(e, h2.events.StreamEnded):
                        return got.decode(), after
                    assert not isinstance(e, (h2.events.StreamReset, h2.events.ConnectionTerminated)), e
        forged = [("x-sum", "7"), ("causeway-caller", "me"), ("cookie", "a=b"), ("x-forwarded-for", "1.2.3.4")]
        answer = one("GET", "/legacy/trailers", b"", [])
        assert "transfer-encoding: chunked" in answer and answer.endswith("0\\r\\nx-app: 7\\r\\n\\r\\n"), answer
        got, after = two("GET", "/legacy/trailers", b"", [])
        assert got == "body" and after == [("x-app", "7")], (got, after)
        for body in (b"short", b"x" * 50_000):
            for path in ("/legacy/facts", "/h2/facts"):
                answer = one("PUT", path, body, forged)
                assert '"trailers": [["x-sum", "7"]]' in answer and f'"bytes": {len(body)}' in answer, answer
                facts = json.loads(two("PUT", path, body, forged)[0])
                assert facts["bytes"] == len(body) and facts["trailers"] == [["x-sum", "7"]], facts
        print("done")
        """
}
