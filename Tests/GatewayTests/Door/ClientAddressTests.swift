import Contract
import HTTP
import Primitives
import TestKit
import Testing
import Transport

@testable import Gateway

@Suite("Whom a request is from")
struct ClientAddressTests {
    private func ranges(_ texts: String...) -> [AddressRange] { texts.compactMap { AddressRange($0) } }

    @Test("A trusted proxy is believed, for limits, log and services; nobody else is")
    func trusted() async throws {
        func change(_ configuration: inout GatewayConfiguration) {
            configuration.door.trustedProxies = ranges("127.0.0.1", "10.0.0.0/8")
            configuration.door.denied = ranges("198.51.100.0/24")
            configuration.http.connectionsPerAddressMax = 1
        }
        try await TestGateway.with(change: change) { gateway async throws in
            for version in ["--http2", "--http1.1"] {
                let told = ["-H", "X-Forwarded-For: 1.1.1.1, 192.0.2.1, 10.0.0.9", "-H", "Forwarded: for=9.9.9.9"]
                #expect(try await gateway.get("/v1/articles", [version] + told).status == 200)
                #expect(try gateway.lastContext()?.clientAddress == "192.0.2.1")
                let fields = try #require(gateway.service.calls.last).fields
                for name in ForwardingFields.names { #expect(fields.first(name) == nil, "\(name)") }
                let denied = try await gateway.get("/v1/articles", [version, "-H", "X-Forwarded-For: 198.51.100.7"])
                #expect(denied.status == 403 && denied.json["code"] == "forbidden")
                // Who has no name may be on the list.
                let hidden = try await gateway.get("/v1/articles", [version, "-H", "X-Forwarded-For: 192.0.2.1, ?"])
                #expect(hidden.status == 403 && hidden.json["code"] == "forbidden")
                let behind = ["-H", "X-Forwarded-For: 192.0.2.1, ?, 10.0.0.9"]
                #expect(try await gateway.get("/v1/articles", [version] + behind).status == 403)
            }
            #expect(try await gateway.get("/v1/articles").status == 200)
            #expect(try gateway.lastContext()?.clientAddress == "127.0.0.1")
        }
        try await TestGateway.with { gateway async throws in
            _ = try await gateway.get("/v1/articles", ["-H", "X-Forwarded-For: 192.0.2.1"])
            #expect(try gateway.lastContext()?.clientAddress == "127.0.0.1")
        }
    }

    @Test("A client behind more proxies than are looked through is the farthest of them, which is counted")
    func tooFar() async throws {
        try await TestGateway.with(
            change: { $0.door.trustedProxies = ranges("127.0.0.1", "10.0.0.0/8") }
        ) { gateway async throws in
            let hops = (1...40).map { "10.0.0.\($0)" }.joined(separator: ", ")
            let reply = try await gateway.get("/v1/articles", ["-H", "X-Forwarded-For: 192.0.2.1, \(hops)"])
            #expect(reply.status == 200)
            #expect(try gateway.lastContext()?.clientAddress == "10.0.0.9")
            #expect(try await gateway.metric("limits_reached_total{limit=\"proxy-hops\"}") == 1)
        }
    }

    @Test("Clients behind one proxy have limits of their own")
    func limits() async throws {
        try await TestGateway.with(change: { $0.door.trustedProxies = ranges("127.0.0.1") }) { gateway async throws in
            // One more every two seconds.
            func remaining(_ client: String, after others: Int) async throws -> Int {
                let url = gateway.origin + "/v1/auth/login"
                let fields = ["-H", "X-Forwarded-For: \(client)", "-H", "content-type: application/json", "-d", "{}"]
                if others > 0 { _ = try await gateway.curl(fields + Array(repeating: url, count: others)) }
                let field = try await gateway.curl(fields + [url])["ratelimit"] ?? ""
                return try #require(field.firstMatch(of: /r=([0-9]+)/).flatMap { Int($0.1) }, "\(field)")
            }
            let first = try await remaining("192.0.2.1", after: 9)
            let second = try await remaining("192.0.2.2", after: 0)
            #expect(second > first, "\(first), \(second)")
        }
    }

    @Test("A PROXY header in front of TLS tells the client")
    func proxyHeader() async throws {
        try await TestGateway.with(change: { $0.door.proxyHeaderFrom = ranges("127.0.0.2") }) { gateway async throws in
            for version in ["1", "2"] {
                let outcome = try await ChildProcess.run(
                    [ChildProcess.python, "-c", Self.script, String(gateway.ports.https), version])
                #expect(outcome.text.hasPrefix("HTTP/1.1 200"), "\(outcome.text)\(outcome.errorText)")
                #expect(try gateway.lastContext()?.clientAddress == "2001:db8::7")
            }
            let without = try await gateway.get("/v1/articles", ["--interface", "127.0.0.2"])
            #expect(without.exit != 0 && without.status == 0)
            let metrics = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
            let line = "transport_events_total{part=\"https\",event=\"refused\",reason=\"proxy-header-missing\"} 1"
            #expect(metrics.contains(line) || metrics.contains("reason=\"proxy-header-missing\""), "\(metrics)")
        }
    }

    private static let script = """
        import socket, ssl, struct, sys
        port, version = int(sys.argv[1]), sys.argv[2]
        s = socket.create_connection(('127.0.0.1', port), 10, ('127.0.0.2', 0))
        if version == '1':
            s.sendall(b'PROXY TCP6 2001:db8::7 ::1 4000 443\\r\\n')
        else:
            block = socket.inet_pton(socket.AF_INET6, '2001:db8::7') + bytes(16) + struct.pack('!HH', 4000, 443)
            fixed = b'\\r\\n\\r\\n\\0\\r\\nQUIT\\n' + struct.pack('!BBH', 0x21, 0x21, len(block) + 4)
            s.sendall(fixed + block + b'\\4\\0\\1x')
        context = ssl._create_unverified_context()
        s = context.wrap_socket(s)
        s.sendall(b'GET /v1/articles HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n')
        while data := s.recv(65536):
            sys.stdout.write(data.decode())
        """
}
