import Compression
import Foundation
import HTTP
import TestKit
import Testing

@testable import Gateway

@Suite("Answers made shorter")
struct CompressionTests {
    private static func asking(_ codings: String) -> [String] { ["-H", "Accept-Encoding: \(codings)"] }

    private static let letters = String(
        decoding: (0..<20_000).map { UInt8(ascii: "a") + UInt8($0 % 23) }, as: UTF8.self)

    private func vary(_ reply: TestGateway.Reply) -> [String] {
        reply.fields.filter { $0.name == "vary" }.map(\.value)
    }

    @Test("are what they were before", arguments: ["br", "gzip"], ["--http2", "--http1.1"])
    func whole(coding: String, version: String) async throws {
        try await TestGateway.with { gateway in
            for (act, bytes) in [("json", 20_000), ("long", 300_000)] {
                let ask = Self.asking(coding) + [version, "--compressed", "-w", "%{size_download}"]
                let reply = try await gateway.get("/v1/articles?do=\(act)", ask)
                #expect(reply.status == 200 && reply["content-encoding"] == coding, "\(reply.fields)")
                #expect(reply.body.prefix(20_000) == Self.letters.prefix(20_000))
                // curl tells how much came over the wire behind the body.
                let size = try #require(Int(reply.body.dropFirst(bytes)))
                #expect(size < bytes / 20, "\(size) of \(bytes)")
                #expect(reply["etag"] == "\"7-1f0c-\(coding)\"" && vary(reply) == ["accept-encoding"])
                let head = try await gateway.get("/v1/articles?do=\(act)", Self.asking(coding) + [version, "-I"])
                #expect(head["content-encoding"] == coding && head["etag"] == reply["etag"], "\(head.fields)")
                #expect(head["content-length"] == nil)
            }
            let document = try await gateway.get("/openapi.json", Self.asking(coding) + [version, "--compressed"])
            #expect(document["content-encoding"] == coding && document.json["openapi"] == "3.1.0")
        }
    }

    @Test("are those that are worth it, that nobody coded before, and that tell no secret by their length")
    func which() async throws {
        try await TestGateway.with { gateway in
            let all = Self.asking("gzip, br")
            func coding(_ path: String, _ arguments: [String] = []) async throws -> TestGateway.Reply {
                try await gateway.get(path, all + ["-o", "/dev/null", "-D", "-"] + arguments)
            }
            for act in ["short", "image", "news", "fixed"] {
                let reply = try await coding("/v1/articles?do=\(act)")
                #expect(reply.status == 200 && reply["content-encoding"] == nil, "\(act): \(reply.fields)")
                #expect(reply["etag"] == "\"7-1f0c\"" && vary(reply).isEmpty)
            }
            #expect(try await coding("/v1/articles?do=coded")["content-encoding"] == "zstd")
            let token = gateway.token()
            let bearer = ["-H", "Authorization: Bearer \(token)"]
            #expect(try await coding("/v1/users/me?do=json", bearer)["content-encoding"] == "br")
            #expect(try await coding("/v1/auth/sessions?do=json", bearer)["content-encoding"] == nil)
            let cookie = ["-H", "Cookie: __Host-at=\(token)"]
            #expect(try await coding("/v1/users/me?do=json", cookie)["content-encoding"] == nil)
            #expect(try await coding("/v1/articles?do=json", bearer + ["-d", "{}"])["content-encoding"] == nil)
            for codings in ["identity", "gzip;q=0", "zstd", ""] {
                let reply = try await gateway.get("/v1/articles?do=json", Self.asking(codings))
                #expect(reply["content-encoding"] == nil && vary(reply) == ["accept-encoding"])
                #expect(reply["content-length"] == "20000" && reply["etag"] == "\"7-1f0c\"")
            }
        }
        try await TestGateway.with(change: { $0.compresses = false }) { gateway in
            let reply = try await gateway.get("/v1/articles?do=json", Self.asking("gzip"))
            #expect(reply["content-encoding"] == nil && vary(reply).isEmpty)
        }
    }

    @Test("have tags of their own, which services never see")
    func tags() async throws {
        try await TestGateway.with { gateway in
            let known = ["-H", "If-None-Match: \"9\", \"1-gzip\", W/\"3-br\""]
            let unchanged = try await gateway.get("/v1/articles?do=unchanged", known + Self.asking("gzip"))
            #expect(unchanged.status == 304 && unchanged["etag"] == "\"1-gzip\"", "\(unchanged.fields)")
            #expect(gateway.service.calls.last?.fields.values("if-none-match") == ["\"9\", \"1\", W/\"3\""])
            let plain = try await gateway.get("/v1/articles?do=unchanged", ["-H", "If-None-Match: \"1\""])
            #expect(plain["etag"] == "\"1\"")
            let write = ["-X", "PATCH", "-H", "If-Match: \"7-1f0c-br\"", "-d", "{}"]
            let token = ["-H", "Authorization: Bearer \(gateway.token())"]
            #expect(try await gateway.get("/v1/users/me", write + token).status == 200)
            #expect(gateway.service.calls.last?.fields.first("if-match") == "\"7-1f0c\"")
        }
    }

    @Test("come piece by piece as they are made", arguments: ["br", "gzip"])
    func pieces(coding: String) async throws {
        try await TestGateway.with { gateway in
            let file = gateway.folder.appending(path: "pieces").path
            let whole = Task {
                try await gateway.get(
                    "/v1/articles?do=pieces", Self.asking(coding) + ["--compressed", "-N", "--output", file])
            }
            try await eventually {
                (try? String(contentsOfFile: file, encoding: .utf8))?.contains("first piece") == true
            }
            gateway.service.openGate()
            _ = try await whole.value
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(
                text.hasSuffix("[\"first piece\", \"second piece\"]") && text.contains("content-encoding: \(coding)"))
        }
    }

    @Test("are as many at once as there is memory for; the next comes as it is, and is counted")
    func streams() async throws {
        try await TestGateway.with(change: { $0.compressionStreamsMax = 1 }) { gateway in
            func read(_ name: String) -> (file: String, task: Task<Int32, any Error>) {
                let file = gateway.folder.appending(path: name).path
                let ask = Self.asking("gzip") + ["-N", "--output", file]
                return (file, Task { try await gateway.get("/v1/articles?do=pieces", ask).exit })
            }
            func head(_ file: String) async throws -> String {
                var text = ""
                try await eventually {
                    let bytes = (try? Data(contentsOf: URL(fileURLWithPath: file))) ?? Data()
                    text = String(decoding: bytes, as: UTF8.self)
                    return text.contains("\r\n\r\n")
                }
                return text
            }
            let first = read("first")
            #expect(try await head(first.file).contains("content-encoding: gzip"))
            let second = read("second")
            #expect(try await !head(second.file).contains("content-encoding"))
            let metrics = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"])
            #expect(metrics.body.contains("limit=\"compressions\""), "\(metrics.body)")
            gateway.service.openGate()
            for reader in [first, second] { #expect(try await reader.task.value == 0) }
            let third = try await gateway.get(
                "/v1/articles?do=long", Self.asking("gzip") + ["-o", "/dev/null", "-D", "-"])
            #expect(third["content-encoding"] == "gzip")
        }
    }

    @Test("are none under load")
    func load() throws {
        let configuration = GatewayConfiguration(publicURL: "https://a", auth: [], user: [], content: [])
        let coder = try #require(AnswerCoder(configuration))
        let busy = AnswerCoder(configuration) { true }
        #expect(busy != nil && busy?.coding(for: ["accept-encoding": "gzip"]) == nil)
        #expect(coder.coding(for: ["accept-encoding": "gzip"]) == .gzip)
    }
}
