import Foundation
import HTTP
import NIOCore
import Primitives
import Testing
import Transport

/// A client that is not ours against each kind of listener.
@Suite struct CurlTests {
    enum Wire: String, CaseIterable, Sendable {
        case h2c, http1, tlsHTTP2, tlsHTTP1

        var protocols: ListenerConfiguration.Protocols {
            switch self {
            case .h2c: .http2
            case .http1: .http1
            case .tlsHTTP2, .tlsHTTP1: .tls { try? Certificate.context() }
            }
        }

        func curl(_ port: Int, _ path: String) -> [String] {
            switch self {
            case .h2c: ["curl", "-sS", "-m", "20", "--http2-prior-knowledge", "http://127.0.0.1:\(port)\(path)"]
            case .http1: ["curl", "-sS", "-m", "20", "--http1.1", "http://127.0.0.1:\(port)\(path)"]
            case .tlsHTTP2: ["curl", "-sS", "-m", "20", "-k", "--http2", "https://localhost:\(port)\(path)"]
            case .tlsHTTP1: ["curl", "-sS", "-m", "20", "-k", "--http1.1", "https://localhost:\(port)\(path)"]
            }
        }
    }

    @Test(arguments: Wire.allCases) func factsArriveTheSameWay(_ wire: Wire) async throws {
        try await TestServer.with(wire.protocols) { server in
            let output = try await Program.run(wire.curl(server.port, "/facts") + ["-H", "X-Test: yes"])
            let host = wire.curl(0, "")[0...].last == "https://localhost:0" ? "localhost" : "127.0.0.1"
            let parts = output.text.split(separator: "|").map(String.init)
            try #require(parts.count == 8, "\(output.text)")
            #expect(
                parts[0] == "GET" && parts[2] == "\(host):\(server.port)" && parts[3] == "127.0.0.1"
                    && parts[7] == "yes")
            switch wire {
            case .h2c: #expect(parts[1] == "http" && parts[4] == "HTTP/2" && parts[5] == "-")
            case .http1: #expect(parts[1] == "http" && parts[4] == "HTTP/1.1")
            case .tlsHTTP2:
                #expect(parts[1] == "https" && parts[4] == "HTTP/2" && parts[5] == "TLSv1.3" && parts[6] == "localhost")
            case .tlsHTTP1: #expect(parts[1] == "https" && parts[4] == "HTTP/1.1" && parts[5] == "TLSv1.3")
            }
        }
    }

    @Test(arguments: Wire.allCases) func largeBodiesBothWays(_ wire: Wire) async throws {
        try await TestServer.with(wire.protocols) { server in
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("body-\(UUID())")
            let bytes = Data((0..<10_485_760).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            try bytes.write(to: file)
            let back = file.appendingPathExtension("back")
            defer {
                try? FileManager.default.removeItem(at: file)
                try? FileManager.default.removeItem(at: back)
            }
            let output = try await Program.run(
                wire.curl(server.port, "/echo") + ["--data-binary", "@\(file.path)", "-o", back.path])
            #expect(output.status == 0, "\(output.text)")
            #expect(try Data(contentsOf: back) == bytes)
        }
    }

    /// The end of the answer is the connection's: it waits for a client that takes it slowly.
    @Test func theLastAnswerIsTakenAsSlowlyAsAnyOther() async throws {
        try await TestServer.with(.http1) { server in
            let output = try await Program.run(
                CurlTests.Wire.http1.curl(server.port, "/megabytes") + [
                    "-H", "Connection: close", "--limit-rate", "12M", "-m", "60", "-o", "/dev/null", "-w",
                    "%{size_download}",
                ])
            #expect(output.text == "\(64 << 20)")
        }
    }

    @Test(arguments: Wire.allCases) func answersHaveTheirForm(_ wire: Wire) async throws {
        try await TestServer.with(wire.protocols) { server in
            let head = try await Program.run(wire.curl(server.port, "/x") + ["-I"])
            #expect(head.text.lowercased().contains("content-length: 8") && !head.text.contains("hello"))
            let empty = try await Program.run(wire.curl(server.port, "/status/204") + ["-i"])
            #expect(empty.text.contains(" 204") && !empty.text.contains("never"))
            // curl 7.88 cannot reuse a connection with prior knowledge, whatever the server.
            let twice =
                wire == .h2c
                ? nil : try await Program.run(wire.curl(server.port, "/a") + [wire.curl(server.port, "/b").last ?? ""])
            #expect(twice == nil || twice?.text == "hello /ahello /b")
            let small = try await Program.run(wire.curl(server.port, "/collect") + ["-d", "small"])
            #expect(small.text == "small")
            let large = try await Program.run(
                wire.curl(server.port, "/collect") + ["-d", String(repeating: "x", count: 2000), "-w", "%{http_code}"])
            #expect(large.text == "tooLarge413")
            let streamed = try await Program.run(
                wire.curl(server.port, "/collect") + ["-X", "POST", "-T", "-", "-w", "%{http_code}"],
                input: Data(count: 5000))
            #expect(streamed.text.hasSuffix("413"), "\(streamed.text)")
            let early = try await Program.run(
                wire.curl(server.port, "/early") + ["--data-binary", "@-", "-w", "%{http_code}"],
                input: Data(count: 3_000_000))
            #expect(early.text.contains("too much413"), "\(early.text)")
        }
    }

    @Test(arguments: Wire.allCases) func expectContinueIsAnswered(_ wire: Wire) async throws {
        try await TestServer.with(wire.protocols) { server in
            let output = try await Program.run(
                wire.curl(server.port, "/collect")
                    + ["-v", "-H", "Expect: 100-continue", "--expect100-timeout", "30", "-d", "body"])
            #expect(output.text.contains(/< HTTP\/[0-9.]+ 100/) && output.text.contains("body"), "\(output.text)")
        }
    }

    @Test(arguments: Wire.allCases) func faultsOfAHandlerReachTheClient(_ wire: Wire) async throws {
        try await TestServer.with(wire.protocols) { server in
            let nothing = try await Program.run(wire.curl(server.port, "/nothing") + ["-w", "%{http_code}"])
            let isHTTP2 = wire == .h2c || wire == .tlsHTTP2
            #expect(isHTTP2 ? nothing.status == 92 : nothing.text.hasSuffix("500"), "\(nothing)")
            let aborted = try await Program.run(wire.curl(server.port, "/abort"))
            #expect(aborted.status != 0)
        }
    }

    @Test func trailersGoOut() async throws {
        try await TestServer.with(.http1) { server in
            let output = try await Program.run(Wire.http1.curl(server.port, "/trailers") + ["-i", "--raw"])
            #expect(output.text.hasSuffix("4\r\nbody\r\n0\r\nx-sum: 1\r\n\r\n"))
        }
        try await TestServer.with(.http2) { server in
            let output = try await Program.run(["nghttp", "-v", "http://127.0.0.1:\(server.port)/trailers"])
            #expect(output.text.contains("x-sum: 1"))
        }
    }

    @Test func wrongProtocolsAreToldSo() async throws {
        try await TestServer.with(.http2) { server in
            let output = try await Program.run(Wire.http1.curl(server.port, "/") + ["-w", "%{http_code}"])
            #expect(output.text.contains("h2c") && output.text.hasSuffix("400"), "\(output.text)")
        }
        try await TestServer.with(Wire.tlsHTTP2.protocols) { server in
            let output = try await Program.run(Wire.http1.curl(server.port, "/") + ["-w", "%{http_code}"])
            #expect(output.text.contains("https://") && output.text.hasSuffix("400"), "\(output.text)")
            let again = try await Program.run(Wire.tlsHTTP2.curl(server.port, "/ok"))
            #expect(again.text == "hello /ok")
        }
    }

    @Test func everyLoopAcceptsOnEveryAddress() async throws {
        try await TestServer.with(.http2, accept: .socketPerLoop, addresses: ["127.0.0.1", "::1"]) { server in
            #expect(Set(server.listener.addresses.map(\.port)).count == 1)
            for host in ["127.0.0.1", "[::1]"] {
                for _ in 0..<5 {
                    let output = try await Program.run(
                        ["curl", "-sS", "-m", "5", "--http2-prior-knowledge", "http://\(host):\(server.port)/facts"])
                    #expect(output.text.contains(host == "127.0.0.1" ? "|127.0.0.1|" : "|::1|"), "\(output.text)")
                }
            }
        }
    }

    @Test func manyStreamsOnManyConnections() async throws {
        try await TestServer.with(.http2, limits: .internalHop) { server in
            let output = try await Program.run(
                ["h2load", "-n", "5000", "-c", "8", "-m", "20", "http://127.0.0.1:\(server.port)/x"])
            #expect(output.text.contains("5000 succeeded, 0 failed"), "\(output.text)")
            #expect(await server.record.eventually { $0.value("ended") == 5000 })
        }
    }
}
