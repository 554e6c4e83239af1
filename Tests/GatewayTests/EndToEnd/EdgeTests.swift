import Contract
import Foundation
import HTTP
import JSON
import TestKit
import Testing

@testable import Gateway

/// What the edge answers by itself, seen by curl and httpx over TLS.
@Suite("The edge", .serialized)
struct EdgeTests {
    private static let securityFields = [
        "strict-transport-security", "x-content-type-options", "referrer-policy", "content-security-policy",
        "cross-origin-resource-policy", "cross-origin-opener-policy", "cross-origin-embedder-policy",
        "x-request-id", "date",
    ]

    private func expectProblem(_ reply: TestGateway.Reply, _ status: Int, _ code: String) {
        #expect(reply.status == status, "\(reply)")
        #expect(reply["content-type"] == "application/problem+json", "\(reply)")
        #expect(reply.json["code"] == code, "\(reply)")
        #expect(reply.json["type"] == "/problems/\(code)")
        #expect(reply.json["instance"] == "urn:request:\(reply["x-request-id"] ?? "none")")
        for name in Self.securityFields { #expect(reply[name] != nil, "\(name) is missing: \(reply)") }
        #expect(reply["server"] == nil)
        #expect(reply["proxy-status"]?.hasPrefix("causeway; error=http_request_") == true)
    }

    @Test("tells in its log where the time of a request went, and of the handshake once")
    func phases() async throws {
        let log = CollectedLog()
        try await TestGateway.with(log: log) { gateway in
            let url = gateway.origin + "/v1/articles"
            let (trace, parent) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
            let fields = ["authorization: Bearer \(gateway.token())", "traceparent: 00-\(trace)-\(parent)-01"]
            #expect(try await gateway.curl([url] + fields.flatMap { ["-H", $0] } + [url]).exit == 0)
            var lines: [JSONObject] = []
            try await eventually {
                lines = log.lines.compactMap { try? JSONValue.parse(Array($0.utf8)).object }
                    .filter { $0["operation"]?.string == "listArticles" }
                return lines.count == 2
            }
            let phases = lines.compactMap { $0["phases_us"]?.object }
            let each = ["parse", "connection", "match", "identify", "limit", "queue", "upstream", "write"]
            #expect(phases.map { $0.members.map(\.name) } == [["tls"] + each, each])
            // Each service is told the span of the line, so that its own lines hang below it.
            let told = gateway.service.calls.suffix(2).map { $0.fields.first("traceparent") ?? "" }
            for (line, told) in zip(lines, told) {
                let parts = told.split(separator: "-").map(String.init)
                #expect(line["trace"]?.string == parts[1] && line["span"]?.string == parts[2] && parts[1] == trace)
                #expect(line["parent_span"]?.string == parent)
            }
            for (line, phases) in zip(lines, phases) {
                // The handshake came before the request.
                let sum = phases.members.filter { $0.name != "tls" }.compactMap(\.value.integer).reduce(0, +)
                #expect(sum <= (line["duration_us"]?.integer ?? 0))
            }
        }
    }

    @Test("answers for itself over both versions", arguments: ["--http2", "--http1.1"])
    func own(version: String) async throws {
        try await TestGateway.with { gateway in
            let alive = try await gateway.get("/livez", [version])
            #expect(alive.status == 200 && alive.body == "alive\n")
            #expect(try await gateway.get("/readyz?verbose", [version]).body == "ok keys\nok load\nready\n")
            let document = try await gateway.get("/openapi.json", [version])
            #expect(document.json["openapi"] == "3.1.0")
            #expect(document["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'")
            let page = try await gateway.get("/verify", [version])
            #expect(page["content-type"] == "text/html; charset=utf-8")
            #expect(page["content-security-policy"]?.contains("script-src 'sha256-") == true)
            #expect(try await gateway.get("/problems/rate-limited", [version]).body.contains("Too many requests"))
            let head = try await gateway.get("/openapi.json", [version, "-I"])
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head["content-length"] == document["content-length"])
            for name in Self.securityFields { #expect(head[name] != nil, "\(name)") }
            let index = try await gateway.get("/", [version])
            #expect(index.json["openapi"] == "/openapi.json")
            #expect(gateway.service.calls.isEmpty)
        }
    }

    @Test("refuses what nothing answers to")
    func unknown() async throws {
        try await TestGateway.with { gateway in
            for path in ["/nothing", "/v1/articles/", "/internal/auth/revocations", "/metrics"] {
                expectProblem(try await gateway.get(path), 404, "not-found")
            }
            let put = try await gateway.get("/v1/articles", ["-X", "PUT"])
            expectProblem(put, 405, "method-not-allowed")
            #expect(put["allow"] == "GET, POST, HEAD, OPTIONS")
            for method in ["TRACE", "BREW", "get"] {
                expectProblem(try await gateway.get("/v1/articles", ["-X", method]), 501, "not-implemented")
            }
            let options = try await gateway.get("/v1/articles", ["-X", "OPTIONS"])
            #expect(options.status == 204 && options["allow"] == "GET, POST, HEAD, OPTIONS" && options.body.isEmpty)
            #expect(try await gateway.curl(["-X", "OPTIONS", "--request-target", "*", gateway.origin]).status == 204)
            for path in [
                "/v1/../livez", "/v1/%2e%2e/livez", "/v1/..;/livez", "/v1/articles%2Fx", "/a%00", "/a%zz", "/a%5cb",
            ] {
                expectProblem(try await gateway.get(path), 400, "malformed-request")
            }
            #expect(try await gateway.get("//v1//%61rticles?limit=1").status == 200)
            #expect(gateway.service.calls.map(\.target) == ["/v1/articles?limit=1"])
        }
    }

    @Test("redirects plain HTTP and takes nothing there")
    func redirect() async throws {
        try await TestGateway.with { gateway in
            let plain = "http://127.0.0.1:\(gateway.ports.http)"
            let reply = try await gateway.curl([plain + "/v1/articles?a=1"])
            #expect(reply.status == 308)
            #expect(reply["location"] == "https://127.0.0.1/v1/articles?a=1")
            let strange = try await gateway.curl(["-H", "Host: a_b", plain + "/x"])
            #expect(strange["location"] == "https://gateway.example/x")
            let post = try await gateway.curl(["-d", "password", plain + "/v1/auth/login"])
            #expect(post.status == 400 && post.json["code"] == "malformed-request")
            #expect(try await gateway.curl(["--path-as-is", plain + "/../x"]).status == 400)
            let wrong = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.https)/livez"])
            #expect(wrong.status == 400)
            #expect(post["proxy-status"]?.hasPrefix("causeway; error=") == true && post["date"] != nil)
            #expect(gateway.service.calls.isEmpty)
            let metrics = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
            let counted = "http_requests_total{operation=\"redirect\",part=\"gateway\",status_class=\"3xx\"} 2"
            #expect(metrics.contains(counted))
        }
    }

    @Test("shows a new certificate once its files were read again")
    func reload() async throws {
        try await TestGateway.with { gateway in
            let connection = ["-o", "/dev/null", "-w", "%{ssl_verify_result}", "\(gateway.origin)/livez"]
            #expect(try await gateway.curl(connection).exit == 0)
            let renewed = try CertificateFiles.make()
            try renewed.write(over: gateway)
            // The client trusts only the new one, which is not shown yet.
            #expect(try await gateway.curl(connection).exit == 60)
            try gateway.gateway.certificates.reload()
            #expect(try await gateway.curl(connection).exit == 0)
            try Data("no certificate".utf8).write(to: URL(fileURLWithPath: gateway.certificatePath))
            #expect(throws: (any Error).self) { try gateway.gateway.certificates.reload() }
            try renewed.write(over: gateway)
            #expect(try await gateway.curl(connection).exit == 0)
        }
    }

    @Test("listens on every address of both families")
    func families() async throws {
        try await TestGateway.with(change: { $0.bindAddresses = ["::"] }) { gateway in
            #expect(try await gateway.get("/livez").status == 200)
            let plain = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.http)/"])
            #expect(plain.status == 308)
            // A machine whose kernel has IPv6 lists its addresses here.
            let addresses = (try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8)) ?? ""
            guard addresses.contains("00000000000000000000000000000001") else { return }
            #expect(try await gateway.curl(["-k", "https://[::1]:\(gateway.ports.https)/livez"]).status == 200)
            _ = try await gateway.curl(["-k", "https://[::1]:\(gateway.ports.https)/v1/articles"])
            #expect(try gateway.lastContext()?.clientAddress == "::1")
        }
    }

    @Test("lets what is in flight finish before it stops")
    func drain() async throws {
        try await TestGateway.with { gateway in
            async let slow = gateway.get("/v1/test/download?do=hold")
            try await eventually { !gateway.service.calls.isEmpty }
            await gateway.stop()
            let ops = "http://127.0.0.1:\(gateway.ports.ops)"
            try await eventually { try await gateway.curl([ops + "/readyz"]).status == 503 }
            #expect(try await gateway.curl([ops + "/readyz?verbose"]).body.contains("draining"))
            try await eventually { try await gateway.get("/livez").exit != 0 }
            gateway.service.openGate()
            #expect(try await slow.status == 200)
            try await eventually { try await gateway.curl([ops + "/livez"]).exit != 0 }
        }
    }

    @Test("counts what it answers and what it refuses")
    func metrics() async throws {
        try await TestGateway.with { gateway in
            _ = try await gateway.get("/v1/articles")
            _ = try await gateway.get("/nothing")
            let path = gateway.folder.appending(path: "large")
            try Data(repeating: 0x61, count: 600_000).write(to: path)
            _ = try await gateway.get("/v1/auth/login", ["--data-binary", "@\(path.path)"])
            let metrics = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
            for line in [
                "http_requests_total{operation=\"listArticles\",part=\"gateway\",status_class=\"2xx\"} 1",
                "http_requests_total{operation=\"none\",part=\"gateway\",status_class=\"4xx\"} 1",
                "http_requests_total{operation=\"login\",part=\"gateway\",status_class=\"4xx\"} 1",
                "limits_reached_total{limit=\"body-bytes\"} 1",
            ] { #expect(metrics.contains(line), "\(line)") }
        }
    }

    @Test("speaks with httpx over HTTP/2")
    func httpx() async throws {
        try await TestGateway.with { gateway in
            let outcome = try await ChildProcess.run(
                [ChildProcess.python, "-c", Self.script, gateway.origin, gateway.certificatePath, gateway.token()])
            #expect(outcome.status == 0, "\(outcome.errorText)")
            #expect(outcome.text == "done\n")
        }
    }

    private static let script = """
        import ssl, sys, httpx
        origin, certificate, token = sys.argv[1:]
        trust = ssl.create_default_context(cafile=certificate)
        with httpx.Client(http2=True, verify=trust, base_url=origin, trust_env=False) as client:
            for _ in range(20):
                answer = client.get("/v1/articles")
                assert answer.status_code == 200 and answer.http_version == "HTTP/2", answer
            answer = client.head("/v1/articles")
            assert answer.status_code == 200 and answer.content == b"", answer
            body = b"x" * 200_000
            answer = client.post("/v1/articles", content=body, headers={"authorization": "Bearer " + token})
            assert answer.json() == {"bodyBytes": len(body)}, answer.text
            def pieces():
                for _ in range(40):
                    yield b"x" * 10_000
            answer = client.post("/v1/articles", content=pieces(), headers={"authorization": "Bearer " + token})
            assert answer.json() == {"bodyBytes": 400_000}, answer.text
            answer = client.post("/v1/articles", content=b"", headers={"authorization": "Bearer " + token})
            assert answer.json() == {"bodyBytes": 0}, answer.text
            answer = client.delete("/v1/articles/a", headers={"authorization": "Bearer " + token})
            assert answer.status_code == 200, answer.text
        print("done")
        """
}
