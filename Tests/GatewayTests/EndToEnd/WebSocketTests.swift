import Contract
import Foundation
import HTTP
import Primitives
import TestKit
import Testing
import Transport

@testable import Gateway

/// WebSockets through the gateway in all four combinations of HTTP/1.1 and HTTP/2, by clients and upstreams that are
/// not ours.
@Suite("WebSockets", .serialized)
struct WebSocketTests {
    @Test("carry text, binary, fragments, pings and a mebibyte each way, and close with the code that was said")
    func frames() async throws {
        try await EdgeOrigin.with { gateway, origin in
            try await SocketClient(gateway: gateway).run("frames,closing,gone")
            try await eventually { try await origin.count("open") == 0 }
            let counts = try await origin.tell("count")
            #expect(counts["closed 4000"] == 4 && counts["handshakes"] == 12, "\(counts)")
            // Of those by HTTP/1.1.
            #expect(counts["forwarded"] == 6 && counts["leaked"] == 0, "\(counts)")
        }
    }

    @Test("end for the client when the upstream is gone, and stay open while the gateway drains")
    func ends() async throws {
        try await EdgeOrigin.with { gateway, origin in
            let client = SocketClient(gateway: gateway)
            var left: [ChildProcess] = []
            for way in SocketClient.ways { left.append(try await client.open("left", way)) }
            try await origin.tell("drop")
            for process in left {
                let line = await process.nextLine()
                #expect(line == "done")
            }
            var stay: [ChildProcess] = []
            for way in SocketClient.ways { stay.append(try await client.open("stays", way)) }
            await gateway.stop()
            try await eventually { try await gateway.get("/livez").exit != 0 }
            for process in stay {
                process.write("go\n")
                let line = await process.nextLine()
                #expect(line == "done")
            }
            // Nothing else is waited for.
            let ops = "http://127.0.0.1:\(gateway.ports.ops)"
            try await eventually(patience: .seconds(30)) { try await gateway.curl([ops + "/livez"]).exit != 0 }
        }
    }

    @Test("read no faster than a slow client, with bounded memory", arguments: ["1/h2/", "2/ws/"])
    func slow(way: String) async throws {
        try await EdgeOrigin.with { gateway, origin in
            let client = try await SocketClient(gateway: gateway).open("slow", way)
            var (last, same) = (0, 0)
            try await eventually {
                let sent = try await origin.count("sent")
                same = sent == last ? same + 1 : 0
                last = sent
                try await Task.sleep(for: .milliseconds(20))
                return sent > 0 && same > 10
            }
            // What kernels hold for four sockets, and little more.
            #expect(last < 24 << 20, "\(last)")
            client.write("go\n")
            #expect(await client.nextLine() == "done")
            try await eventually { try await origin.count("open") == 0 }
        }
    }

    @Test("stay while pings pass, and end after their silence")
    func silence() async throws {
        try await EdgeOrigin.with(change: { $0.routeLimits.silence = .seconds(3) }) { gateway, origin in
            async let one: Void = SocketClient(gateway: gateway).run("silence", ["1/ws/"])
            async let two: Void = SocketClient(gateway: gateway).run("silence", ["2/h2/"])
            _ = try await (one, two)
            try await eventually { try await origin.count("open") == 0 }
            let metrics = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
            #expect(metrics.contains("limits_reached_total{limit=\"tunnel-idle\"} 2"))
        }
    }

    @Test("do not wait for a client that is silent once the upstream has ended")
    func half() async throws {
        try await EdgeOrigin.with(change: { $0.routeLimits.silence = .seconds(1) }) { gateway, origin in
            try await SocketClient(gateway: gateway).run("half", ["2/ws/"])
            try await eventually { try await origin.count("open") == 0 }
        }
    }

    @Test("are opened by a cookie from pages of our own alone", arguments: ["1/private/", "2/private/"])
    func cookies(way: String) async throws {
        try await EdgeOrigin.with { gateway, origin in
            try await SocketClient(gateway: gateway).run("cookies", [way], token: gateway.token())
        }
    }

    @Test("are bounded, in all and on one connection")
    func crowd() async throws {
        try await EdgeOrigin.with(
            change: {
                $0.routeLimits.tunnelsMax = 4
                $0.routeLimits.tunnelsPerConnectionMax = 2
            }
        ) { gateway, _ in
            try await SocketClient(gateway: gateway).run("crowd", ["2/ws/"])
            let metrics = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
            #expect(metrics.contains("limits_reached_total{limit=\"tunnels-per-connection\"} 1"))
            #expect(metrics.contains("limits_reached_total{limit=\"tunnels\"}"))
        }
    }

    @Test("are refused in so many words where the handshake is not one, or not for them")
    func refused() async throws {
        try await EdgeOrigin.with { gateway, origin in
            try await SocketClient(gateway: gateway).run("refusals", ["2/ws/", "2/h2/"])
            let wish = ["--http1.1", "-H", "Connection: keep-alive, Upgrade", "-H", "Upgrade: WebSocket"]
            let good = ["-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
            let old = try await gateway.get("/ws/echo", wish + ["-H", "Sec-WebSocket-Version: 12"] + good.suffix(2))
            #expect(old.status == 400 && old["sec-websocket-version"] == "13")
            for key in ["dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQAA", "", "dGhlIHNhbXBsZSBub25j!Q=="] {
                let bad = ["-H", "Sec-WebSocket-Key: \(key)"]
                #expect(try await gateway.get("/ws/echo", wish + good.prefix(2) + bad).status == 400, "\(key)")
            }
            #expect(try await gateway.get("/ws/refuse", wish + good).body == "not you\n")
            for path in ["/ws/wrong-accept", "/ws/other-protocol"] {
                #expect(try await gateway.get(path, wish + good).status == 502, "\(path)")
            }
            #expect(try await gateway.get("/private/echo", wish + good).status == 401)
            // Whoever takes no wish up answers the request, and the connection carries no other.
            let handshakes = try await origin.count("handshakes")
            let plain = try await gateway.get("/legacy/facts", wish + good)
            #expect(plain.status == 200 && plain["connection"] == "close")
            #expect(!plain.body.lowercased().contains("upgrade") && !plain.body.contains("sec-websocket"))
            let h2c = ["--http1.1", "-H", "Connection: Upgrade, HTTP2-Settings", "-H", "Upgrade: h2c"]
            let other = try await gateway.get("/legacy/facts", h2c + ["-H", "HTTP2-Settings: AAMAAABk"])
            #expect(other.status == 200 && other["connection"] == "close")
            #expect(!other.body.lowercased().contains("upgrade") && !other.body.contains("h2c"))
            #expect(try await gateway.get("/v1/articles", wish + good).status == 200)
            #expect(try await origin.count("handshakes") == handshakes)
            try await eventually { try await origin.count("open") == 0 }
        }
    }

    @Test("ask an upstream that breaks handshakes off again only within the budget")
    func budget() async throws {
        let server = try ChildProcess([ChildProcess.python, "-u", "-c", Self.breaker])
        let port = try #require(await server.nextLine().flatMap { Int($0) })
        let route = StaticRoute(settingText: "/gone/=http://127.0.0.1:\(port);access=public;rate=none;websocket")
        try await TestGateway.with(change: { $0.routes = [route].compactMap { $0 } }) { gateway in
            let wish = [
                "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13", "-H",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ]
            let replies = try await gateway.get("/gone/x#[1-80]", ["--http1.1", "-w", "\n%{http_code}\n"] + wish)
            #expect(replies.body.split(separator: "\n").count { $0 == "502" } == 80)
            server.write("seen\n")
            let seen = try #require(await server.nextLine().flatMap { Int($0) })
            // What is free is so on each of two loops.
            #expect(seen > 80 && seen <= 80 + 80 / 5 + 2 * RetryBudget.retriesFree, "\(seen)")
            let metrics = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
            #expect(metrics.contains("reason=\"upstream-retry-budget\""))
        }
        await server.stop()
    }

    /// Reads a request and is gone; says how many it has seen.
    private static let breaker = """
        import socket, sys, threading
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1])
        seen = 0
        def serve():
            global seen
            while True:
                with listener.accept()[0] as connection:
                    if connection.recv(65536):
                        seen += 1
        threading.Thread(target=serve, daemon=True).start()
        for line in sys.stdin:
            print(seen)
        """

    @Test("reach a service of the suite whose contract says so, with a signed caller")
    func service() async throws {
        try await TestGateway.with { gateway in
            let outcome = try await ChildProcess.run(
                [ChildProcess.python, "-c", Self.client, gateway.certificatePath, "\(gateway.ports.https)"])
            #expect(outcome.text == "done\n", "\(outcome.errorText.suffix(700))")
            let call = try #require(gateway.service.calls.last)
            #expect(call.method == "CONNECT" && call.fields.contains("causeway-caller"))
        }
    }

    @Test("end with the session of whoever opened them")
    func revoked() async throws {
        let redis = try TestRedisServer()
        try await EdgeOrigin.with(redisPort: redis.port) { gateway, origin in
            let session = SessionID.make()
            let token = gateway.token(session: session)
            let client = try await SocketClient(gateway: gateway).open("left", "2/private/", token: token)
            let append = [
                "redis-cli", "-p", "\(redis.port)", "xadd", "causeway:revocations", "*", "sid", "\(session)", "at",
                "\(Timestamp.now.microseconds)",
            ]
            #expect(try await ChildProcess.run(append).status == 0)
            #expect(await client.nextLine() == "done")
            try await eventually { try await origin.count("open") == 0 }
        }
    }

    /// The service sends back what it gets, byte for byte.
    private static let client = """
        import ssl, sys, socket
        trust = ssl.create_default_context(cafile=sys.argv[1])
        s = trust.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[2]))), server_hostname="localhost")
        s.sendall(b"GET /v1/test/live HTTP/1.1\\r\\nhost: a\\r\\nconnection: Upgrade\\r\\nupgrade: websocket\\r\\n"
                  b"sec-websocket-version: 13\\r\\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n\\r\\n")
        head = b""
        while b"\\r\\n\\r\\n" not in head:
            head += s.recv(1)
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\\r\\n" in head.lower().replace(
            b"s3pplmbitxaq9kygzzhzrbk+xoo=", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), head
        for size in (1, 1000, 300_000):
            s.sendall(b"x" * size)
            while size:
                size -= len(s.recv(size))
        s.close()
        print("done")
        """
}
