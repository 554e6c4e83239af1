import HTTP
import JSON
import TestKit
import Testing

@testable import Gateway

/// What operators see of requests that no phase ever sees.
@Suite("The lines of refused heads", .serialized)
struct RefusalLineTests {
    private func lines(_ log: CollectedLog, _ message: String) -> [JSONObject] {
        log.lines.flatMap { $0.split(separator: "\n") }.compactMap { try? JSONValue.parse(Array($0.utf8)).object }
            .filter { $0["message"]?.string == message }
    }

    @Test("tell who asked, and join with the answer and with the limit", arguments: ["--http2", "--http1.1"])
    func joined(version: String) async throws {
        let log = CollectedLog()
        let reason = version == "--http2" ? "http2-too-many-fields" : "http1-too-many-fields"
        try await TestGateway.with(log: log, change: { $0.http.headerFieldsMax = 30 }) { gateway in
            let fields = (0..<40).flatMap { ["-H", "x-\($0): 1"] }
            let reply = try await gateway.get("/livez", [version] + fields)
            let id = try #require(reply["x-request-id"])
            #expect(reply.status == 431 && reply.json["instance"] == "urn:request:\(id)")
            let request = try #require(lines(log, "request").first { $0["request"]?.string == id })
            #expect(request["client"]?.string == "127.0.0.1" && request["operation"]?.string == "none")
            #expect(request["status"]?.integer == 431 && request["error"]?.string == "headers-too-large")
            // The parser of HTTP/1.1 tells of a head that is too large nothing else.
            #expect(request["method"]?.string == (version == "--http2" ? "GET" : "none"))
            let limit = try #require(lines(log, "limit reached").first { $0["request"]?.string == id })
            #expect(limit["reason"]?.string == reason && limit["client"]?.string == "127.0.0.1")
        }
    }

    @Test("tell the method where a head was read, and how long one was waited for")
    func facts() async throws {
        let log = CollectedLog()
        try await TestGateway.with(log: log, change: { $0.http.headerRead = .seconds(1) }) { gateway in
            let reply = try await gateway.get("/livez", ["--http1.1", "-X", "PUT", "-H", "x_y: 1"])
            #expect(reply.status == 400)
            let read = try #require(lines(log, "request").first { $0["request"]?.string == reply["x-request-id"] })
            #expect(read["method"]?.string == "PUT" && read["detail"]?.string == "field-name")
            let script = """
                import socket, ssl, sys
                context = ssl.create_default_context(cafile=sys.argv[2])
                s = context.wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[1]))),
                    server_hostname='localhost')
                s.sendall(b'GET / HT')
                print(s.recv(65536).split()[1].decode())
                """
            let outcome = try await ChildProcess.run(
                [ChildProcess.python, "-c", script, String(gateway.ports.https), gateway.certificatePath])
            #expect(outcome.text == "400\n", "\(outcome.text)\(outcome.errorText)")
            let slow = try #require(lines(log, "request").first { $0["detail"]?.string == "header-read" })
            let duration = try #require(slow["duration_us"]?.integer)
            #expect(duration >= 1_000_000)
        }
    }

    @Test("that sampling held back are counted in the end, and say where")
    func heldBack() async throws {
        let (log, count) = (CollectedLog(), 12)
        try await TestGateway.with(log: log, change: { $0.http.headerFieldsMax = 30 }) { gateway in
            let fields = (0..<40).flatMap { ["-H", "x-\($0): 1"] }
            let urls = Array(repeating: gateway.origin + "/livez", count: count)
            let reply = try await gateway.curl(["--http2"] + fields + urls)
            #expect(reply.status == 431)
        }
        let told = lines(log, "limit reached").filter { $0["reason"]?.string == "http2-too-many-fields" }
        let flushed = lines(log, "lines were suppressed").filter { $0["reason"]?.string == "http2-too-many-fields" }
        let suppressed = (told + flushed).compactMap { $0["suppressed"]?.integer }.reduce(0, +)
        #expect(told.count + Int(suppressed) == count, "\(told.count) lines and \(suppressed)")
        #expect((told + flushed).allSatisfy { $0["part"]?.string == "https" })
        #expect(lines(log, "request").count { $0["status"]?.integer == 431 } == count)
    }
}
