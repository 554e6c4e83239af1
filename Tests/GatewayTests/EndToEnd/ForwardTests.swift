import Foundation
import HTTP
import Primitives
import TestKit
import Testing
import Transport

@testable import Gateway

/// What passes through the gateway, and what becomes of it when a side fails.
@Suite("Forwarding", .serialized)
struct ForwardTests {
    private func file(_ count: Int, in gateway: TestGateway) throws -> String {
        let url = gateway.folder.appending(path: "body-\(count)")
        try Data(repeating: 0x61, count: count).write(to: url)
        return url.path
    }

    @Test("passes bodies of every size on", arguments: ["--http2", "--http1.1"])
    func bodies(version: String) async throws {
        try await TestGateway.with { gateway in
            for count in [0, 1, 65_535, 65_536, 65_537, 1 << 20, 40 << 20] {
                let path = try file(count, in: gateway)
                for coding in [[], ["-H", "Transfer-Encoding: chunked"]] {
                    let reply = try await gateway.get(
                        "/v1/test/upload", [version, "--data-binary", "@\(path)"] + coding)
                    #expect(reply.status == 200, "\(count) \(reply)")
                    #expect(reply.body == "{\"bodyBytes\":\(count)}", "\(count)")
                }
            }
        }
    }

    @Test("refuses a body that is too large, before it is read where its length is told")
    func tooLarge() async throws {
        try await TestGateway.with { gateway in
            let bearer = ["-H", "Authorization: Bearer \(gateway.token())"]
            let path = try file(600_000, in: gateway)
            let told = try await gateway.get("/v1/articles", bearer + ["--data-binary", "@\(path)"])
            #expect(told.status == 413 && told.json["code"] == "body-too-large")
            #expect(told.json["detail"] == "At most 524288 bytes are taken.")
            // The client waits for leave to send, and gets the refusal instead.
            let polite = try await gateway.get(
                "/v1/articles",
                bearer + [
                    "--http1.1", "-H", "Expect: 100-continue", "--expect100-timeout", "30", "-w", "%{size_upload}",
                    "--data-binary", "@\(path)",
                ])
            #expect(polite.status == 413 && polite.body.hasSuffix("}0"), "\(polite)")
            #expect(gateway.service.calls.isEmpty)
            // Only known once too much has come.
            for version in ["--http2", "--http1.1"] {
                let chunked = try await gateway.get(
                    "/v1/articles",
                    bearer + [version, "-H", "Transfer-Encoding: chunked", "--data-binary", "@\(path)"])
                #expect(chunked.status == 413 && chunked.json["code"] == "body-too-large", "\(chunked)")
            }
            let reading = try await gateway.get("/v1/articles", ["-X", "GET", "-d", "x"])
            #expect(reading.status == 400 && reading.json["code"] == "malformed-request")
            let coded = try await gateway.get("/v1/articles", bearer + ["-H", "Content-Encoding: gzip", "-d", "x"])
            #expect(coded.status == 415)
        }
    }

    @Test("refuses a body without a length as it does one with it", arguments: ["--http2", "--http1.1"])
    func noLength(version: String) async throws {
        try await TestGateway.with { gateway in
            let bearer = ["-H", "Authorization: Bearer \(gateway.token())"]
            // curl sends no length then, over HTTP/2 neither.
            let chunked = [version, "-H", "Transfer-Encoding: chunked"]
            let coded = try await gateway.get(
                "/v1/articles", bearer + chunked + ["-H", "Content-Encoding: gzip", "-d", "x"])
            #expect(coded.status == 415 && coded.json["code"] == "unsupported-media-type", "\(coded)")
            let plain = try await gateway.get(
                "/v1/articles", bearer + chunked + ["-H", "Content-Encoding: identity", "-d", "x"])
            #expect(plain.status == 200 && plain.body == "{\"bodyBytes\":1}", "\(plain)")
            #expect(gateway.service.calls.last?.fields.contains("content-encoding") == false)
            let before = gateway.service.calls.count
            let reading = try await gateway.get("/v1/articles", chunked + ["-X", "GET", "-d", "x"])
            #expect(reading.status == 400 && reading.json["code"] == "malformed-request", "\(reading)")
            #expect(gateway.service.calls.count == before)
            // What turns out to be empty is no body.
            let empty = try await gateway.get(
                "/v1/articles", chunked + ["-X", "GET", "--data-binary", "@\(file(0, in: gateway))"])
            #expect(empty.status == 200, "\(empty)")
        }
    }

    @Test("lets the service refuse a body that it does not want to read")
    func earlyAnswer() async throws {
        try await TestGateway.with { gateway in
            let path = try file(30 << 20, in: gateway)
            let reply = try await gateway.get("/v1/test/upload?do=refuse", ["--data-binary", "@\(path)"])
            #expect(reply.status == 422)
        }
    }

    @Test("passes only known fields of an answer on")
    func answerFields() async throws {
        try await TestGateway.with { gateway in
            let reply = try await gateway.get("/v1/articles?do=fields")
            #expect(reply.status == 200 && reply["etag"] == "\"1\"" && reply["location"] == "/v1/articles/x")
            for name in ["server", "set-cookie", "x-internal"] { #expect(reply[name] == nil) }
            #expect(reply.fields.filter { $0.name == "strict-transport-security" }.count == 1)
            #expect(reply["strict-transport-security"]?.hasPrefix("max-age=63072000") == true)
            #expect(reply.fields.filter { $0.name == "x-request-id" }.map(\.value) != ["forged"])
            let unchanged = try await gateway.get("/v1/articles?do=unchanged", ["-H", "If-None-Match: \"1\""])
            #expect(unchanged.status == 304 && unchanged["etag"] == "\"1\"" && unchanged.body.isEmpty)
            #expect(gateway.service.calls.last?.fields.first("if-none-match") == "\"1\"")
        }
    }

    @Test("holds little of a long answer while the client does not read", arguments: ["--http2", "--http1.1"])
    func slowReader(version: String) async throws {
        try await TestGateway.with { gateway in
            let client = try ChildProcess([
                "curl", "-sS", version, "--noproxy", "*", "--cacert", gateway.certificatePath, "-o", "/dev/null", "-w",
                "%{http_code} %{size_download}\\n", "\(gateway.origin)/v1/test/download?do=large",
            ])
            try await eventually { !gateway.service.calls.isEmpty }
            client.send(signal: SIGSTOP)
            gateway.service.openGate()
            // Full when nothing moves for a while, by which time a gateway without bounds would have taken it all.
            var sent = -1
            while sent != gateway.service.bytesSent {
                sent = gateway.service.bytesSent
                try await Task.sleep(for: .milliseconds(300))
            }
            #expect(sent < 16 << 20, "\(sent)")
            client.send(signal: SIGCONT)
            #expect(await client.nextLine() == "200 \(ScriptedService.largeBytes)")
            #expect(await client.wait() == 0)
        }
    }

    @Test("holds little of a long body while the service does not read", arguments: ["--http2", "--http1.1"])
    func slowService(version: String) async throws {
        try await TestGateway.with { gateway in
            let path = try file(48 << 20, in: gateway)
            async let reply = gateway.get("/v1/test/upload?do=hold", [version, "--data-binary", "@\(path)"])
            try await eventually { !gateway.service.calls.isEmpty }
            #expect(gateway.service.bytesRead == 0)
            gateway.service.openGate()
            #expect(try await reply.body == "{\"bodyBytes\":\(48 << 20)}")
        }
    }

    @Test("gives a call up when its client is gone", arguments: ["--http2", "--http1.1"])
    func clientGone(version: String) async throws {
        try await TestGateway.with { gateway in
            let client = try ChildProcess([
                "curl", "-sS", version, "--noproxy", "*", "--cacert", gateway.certificatePath,
                "\(gateway.origin)/v1/test/download?do=hang",
            ])
            try await eventually { !gateway.service.calls.isEmpty }
            #expect(gateway.service.cancelled == 0)
            await client.stop(signal: SIGKILL)
            try await eventually { gateway.service.cancelled == 1 }
            #expect(try await gateway.get("/v1/articles").status == 200)
        }
    }

    @Test("gives a call up when its time is over")
    func deadline() async throws {
        try await TestGateway.with { gateway in
            // The time is for the answer, and not for connecting to the service.
            #expect(try await gateway.get("/v1/articles").status == 200)
            let reply = try await gateway.get("/v1/test/hurry?do=hang")
            #expect(reply.status == 504 && reply.json["code"] == "deadline-exceeded")
            #expect(reply["proxy-status"] == "causeway; error=http_response_timeout")
            try await eventually { gateway.service.cancelled == 1 }
        }
    }

    @Test("says that a service broke off, and repeats only what is harmless")
    func resets() async throws {
        try await TestGateway.with { gateway in
            gateway.service.resetNext(1)
            #expect(try await gateway.get("/v1/articles").status == 200)
            #expect(gateway.service.calls.count == 2)
            gateway.service.resetNext(3)
            let always = try await gateway.get("/v1/articles")
            #expect(always.status == 502 && always.json["code"] == "bad-gateway")
            #expect(always["proxy-status"] == "causeway; error=connection_terminated")
            #expect(gateway.service.calls.count == 5)
            gateway.service.resetNext(1)
            let post = try await gateway.get("/v1/test/upload", ["-d", "{}"])
            #expect(post.status == 502 && post.json["code"] == "bad-gateway")
            #expect(gateway.service.calls.count == 6)
        }
    }

    @Test("breaks an answer off that is not whole", arguments: ["--http2", "--http1.1"])
    func brokenAnswer(version: String) async throws {
        try await TestGateway.with { gateway in
            let client = try gateway.streaming("/v1/test/download?do=break", version)
            // Broken off before this, it would be no answer at all.
            #expect(await client.nextLine() == "begun")
            gateway.service.openGate()
            #expect(await client.wait() != 0)
            #expect(try await gateway.get("/v1/articles").status == 200)
        }
    }

    @Test("says that a service is away, and finds it when it is back")
    func away() async throws {
        let port = try FreePorts.take(1)[0]
        try await TestGateway.with(servicePort: port) { gateway in
            let away = try await gateway.get("/v1/articles")
            #expect(away.status == 503 && away.json["code"] == "unavailable" && away["retry-after"] == "1")
            #expect(away["proxy-status"] == "causeway; error=destination_unavailable")
            #expect(try await gateway.get("/.well-known/jwks.json").status == 200)
            let listener = try await TestGateway.listen(port, ScriptedService(), gateway.gateway.loops)
            #expect(try await gateway.get("/v1/articles").status == 200)
            await listener.drain(deadline: .now)
            try await eventually { try await gateway.get("/v1/articles").status == 503 }
        }
    }

    @Test(
        "says that what answers is no service, or is none any more",
        arguments: [("SSH-2.0-not-http2", 503, "unavailable"), ("", 502, "bad-gateway")])
    func garbage(greeting: String, status: Int, code: String) async throws {
        let server = try ChildProcess([ChildProcess.python, "-u", "-c", Self.garbageServer, greeting])
        let port = try #require(await server.nextLine().flatMap { Int($0) })
        try await TestGateway.with(servicePort: port) { gateway in
            for _ in 0..<3 {
                let reply = try await gateway.get("/v1/articles")
                #expect(reply.status == status && reply.json["code"] == code, "\(reply)")
            }
            #expect(try await gateway.get("/livez").status == 200)
        }
        await server.stop()
    }

    /// Greets, as HTTP/2 does where the argument is empty, and answers the request with nonsense.
    private static let garbageServer = """
        import socket, sys, threading
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1])
        greeting = sys.argv[1].encode() or b"\\x00\\x00\\x00\\x04\\x00\\x00\\x00\\x00\\x00"
        def serve(connection):
            with connection:
                connection.recv(65536)
                connection.sendall(greeting)
                connection.recv(65536)
                connection.sendall(b"no frame of HTTP/2 begins like this" * 100)
                while connection.recv(65536):
                    pass
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """
}
