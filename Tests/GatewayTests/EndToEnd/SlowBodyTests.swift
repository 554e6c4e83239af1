import Contract
import Foundation
import HTTP
import JSON
import Primitives
import Protocol
import ServiceKit
import TestKit
import Testing

@testable import Gateway

/// Bodies that take their time, which is the call's.
@Suite("Slow bodies", .serialized)
struct SlowBodyTests {
    /// One request whose body comes in two halves with a pause between, or a GET that only then says that it has none;
    /// how it was answered.
    private func post(
        _ path: String, _ method: String = "POST", bytes: Int = 6, pause: Double, to gateway: TestGateway
    ) async throws -> (
        status: Int, body: String, seconds: Double
    ) {
        let outcome = try await ChildProcess.run([
            ChildProcess.python, "-c", Self.client, "\(gateway.ports.https)", gateway.certificatePath, path, "\(pause)",
            method, "\(bytes)",
        ])
        let lines = outcome.text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        try #require(lines.count == 3, "\(outcome.errorText)")
        return (Int(lines[0]) ?? 0, String(lines[2]), Double(lines[1]) ?? 0)
    }

    /// A call that waits for a connection is stamped anew as well: on both loops there is one.
    private func connect(_ gateway: TestGateway) async throws {
        for _ in 0..<8 { #expect(try await gateway.get("/v1/articles").status == 200) }
    }

    @Test("leave the service what is left of the call's time, and it is told so")
    func stamp() async throws {
        try await TestGateway.with { gateway in
            try await connect(gateway)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let reply = try await post("/v1/test/orders", pause: 3, to: gateway)
                        #expect(reply.status == 200 && reply.body.hasSuffix("{\"bodyBytes\":6}"), "\(reply)")
                    }
                }
                try await group.waitForAll()
            }
            let all = Int(Order.policy.deadline / .milliseconds(1))
            let left = gateway.service.calls.filter { $0.method == "POST" }
                .compactMap { $0.fields.first(InternalHeaders.deadline).flatMap { Int($0) } }
            #expect(left.count == 4 && left.allSatisfy { $0 <= all - 1500 }, "\(left) of \(all)")
        }
    }

    @Test("that turn out to be none have taken of the call's time as well")
    func lateEnd() async throws {
        let log = CollectedLog()
        try await TestGateway.with(log: log) { gateway in
            try await connect(gateway)
            let reply = try await post("/v1/articles", "GET", pause: 2, to: gateway)
            #expect(reply.status == 200 && reply.seconds >= 2, "\(reply)")
            let left = gateway.service.calls.last?.fields.first(InternalHeaders.deadline).flatMap { Int($0) }
            let all = Int(ListArticles.policy.deadline / .milliseconds(1))
            #expect(try #require(left) <= all - 1500, "\(left ?? 0) of \(all)")
            // What judges by the time, as the cache does, judges by that of now.
            try await eventually {
                log.lines.compactMap { try? JSONValue.parse(Array($0.utf8)).object }
                    .contains { ($0["phases_us"]?.object?["read"]?.integer ?? 0) >= 1_500_000 }
            }
        }
    }

    @Test("are the client's fault where the call's time is over before they are there")
    func late() async throws {
        try await TestGateway.with { gateway in
            let reply = try await post("/v1/test/brief", pause: 60, to: gateway)
            #expect(reply.status == 400 && reply.body.contains("\"The body came too slowly.\""), "\(reply)")
            #expect(reply.body.contains("\"malformed-request\""), "\(reply)")
            // Sooner than any silence of a body would be too long.
            #expect(reply.seconds < 15, "\(reply)")
            #expect(gateway.service.calls.isEmpty)
            // One that is passed on as it comes, too.
            let long = try await post("/v1/test/brief-upload", bytes: 200_000, pause: 60, to: gateway)
            #expect(long.status == 400 && long.body.contains("\"The body came too slowly.\""), "\(long)")
            let metrics = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
            #expect(metrics.contains("limits_reached_total{limit=\"body-deadline\"} 2\n"))
        }
    }

    @Test("on the way to an upstream of a static route are bounded too, and leave it its own time")
    func staticRoute() async throws {
        try await EdgeOrigin.with(change: { $0.routeLimits.answer = .seconds(2) }) { gateway, origin in
            let late = try await post("/legacy/facts", pause: 60, to: gateway)
            #expect(late.status == 400 && late.body.contains("\"The body came too slowly.\""), "\(late)")
            #expect(late.seconds < 15, "\(late)")
            #expect(try await origin.count("requests") == 0)
            let hanging = try await post("/legacy/hang", pause: 1.5, to: gateway)
            #expect(hanging.status == 504 && hanging.seconds >= 3.4, "\(hanging)")
        }
    }

    /// Prints status, seconds and the rest. The second half is not sent where the answer comes before it.
    private static let client = """
        import select, socket, ssl, sys, time
        port, certificate, path, pause, method, size = sys.argv[1:]
        half = b"a" * (int(size) // 2)
        posts = method == "POST"
        trust = ssl.create_default_context(cafile=certificate)
        trust.set_alpn_protocols(["http/1.1"])
        s = trust.wrap_socket(socket.create_connection(("127.0.0.1", int(port)), 60), server_hostname="localhost")
        start = time.monotonic()
        typed = b"content-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n" % (2 * len(half))
        s.sendall(f"{method} {path} HTTP/1.1\\r\\nhost: a\\r\\nconnection: close\\r\\n".encode()
                  + (typed + half if posts else b"transfer-encoding: chunked\\r\\n\\r\\n"))
        end, answer = start + float(pause), b""
        s.setblocking(False)
        while not answer and time.monotonic() < end:
            select.select([s], [], [], max(0, end - time.monotonic()))
            try: answer += s.recv(65536)
            except ssl.SSLWantReadError: pass
        s.settimeout(60)
        if not answer:
            s.sendall(half if posts else b"0\\r\\n\\r\\n")
        try:
            while data := s.recv(65536): answer += data
        except OSError: pass
        print(answer.split(b" ")[1].decode())
        print(time.monotonic() - start)
        print(answer.decode(), end="")
        """
}
