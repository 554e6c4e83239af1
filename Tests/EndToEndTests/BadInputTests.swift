import Foundation
import JSON
import TestKit
import Testing

@Suite("Bad input through the gateway")
struct BadInputTests {
    @Test("Bodies", arguments: BadCall.bodies)
    func bodies(call: BadCall) async throws { try await check(call) }

    @Test("Media types", arguments: BadCall.types)
    func types(call: BadCall) async throws { try await check(call) }

    @Test("Targets and methods", arguments: BadCall.targets)
    func targets(call: BadCall) async throws { try await check(call) }

    private func check(_ call: BadCall) async throws {
        let suite = try await SuiteUnderTest.shared()
        let author = try await Self.author.value
        // Both versions of HTTP: they are different code down to the phases of the gateway.
        for option in ["--http2", "--http1.1"] {
            let reply = try await suite.gateway.with(option).send(
                call.method, call.target, headers: call.headers + (call.isSignedIn ? [author.authorization] : []),
                body: call.body)
            expectProblem(reply, call.status, call.code, "\(option): \(reply)")
            if let faults = call.faults { #expect(reply.faults.sorted() == faults, "\(option)") }
            for (name, value) in call.answerHeaders {
                let values = reply.header(name)?.split(separator: ", ").sorted().joined(separator: ", ")
                #expect(values == value, "\(option) \(name)")
            }
        }
    }

    /// One author for the whole table.
    private static let author = Task {
        try await SuiteUnderTest.shared().newPerson("table")
    }

    @Test("A body over the limit is refused before a byte of it is sent, over HTTP/1.1")
    func tooLarge() async throws {
        let suite = try await SuiteUnderTest.shared()
        let author = try await Self.author.value
        // 100 MB are declared, and the answer comes although nobody sends them: no `100 Continue`, and the end.
        let head = """
            POST /v1/articles HTTP/1.1\r\nhost: localhost\r\n\(author.authorization)\r\ncontent-type: application/json\r
            content-length: 100000000\r\nexpect: 100-continue\r\n\r\n
            """
        let answer = try await RawClient.exchange(Array(head.utf8), port: suite.ports.https, isSecure: true)
        let reply = try #require(HTTPReply(parsing: answer.bytes), "\(answer)")
        expectProblem(reply, 413, "body-too-large")
        #expect(reply["detail"]?.string?.contains("524288") == true)
        #expect(!String(decoding: answer.bytes, as: UTF8.self).contains("100 Continue"))
        #expect(answer.isClosed, "what would follow could not be told from a request")
    }

    @Test("A body over the limit is refused before a byte of it is sent, over HTTP/2")
    func tooLargeHTTP2() async throws {
        let suite = try await SuiteUnderTest.shared()
        let author = try await Self.author.value
        let lines = try await RawClient.declare(
            length: 100_000_000, path: "/v1/articles", authorization: "Bearer \(author.accessToken)",
            port: suite.ports.https)
        #expect(lines.prefix(2) == ["413", "application/problem+json"], "\(lines)")
        #expect(lines.last?.contains("body-too-large") == true)
    }

    @Test("A body over the limit that is not declared is cut off", arguments: ["--http2", "--http1.1"])
    func tooLargeChunked(version: String) async throws {
        let suite = try await SuiteUnderTest.shared()
        let author = try await Self.author.value
        let large = Array(#"{"title":"T","body":""#.utf8) + [UInt8](repeating: 0x61, count: 2 << 20)
        let reply = try await suite.gateway.with(version).send(
            "POST", "/v1/articles",
            headers: [author.authorization] + (version == "--http1.1" ? ["transfer-encoding: chunked"] : []),
            body: large)
        expectProblem(reply, 413, "body-too-large")
    }

    @Test("The largest body that fits is taken")
    func largest() async throws {
        let suite = try await SuiteUnderTest.shared()
        let author = try await Self.author.value
        let json = #"{"title":"T","body":"\#(String(repeating: "é", count: 100_000))"}"#
        let reply = try await suite.gateway.send("POST", "/v1/articles", headers: [author.authorization], json: json)
        #expect(reply.status == 201, "\(reply.status)")
        let draft = try await suite.gateway.get(reply.header("location") ?? "", headers: [author.authorization])
        #expect(draft["body"]?.string?.unicodeScalars.count == 100_000)
    }

    @Test("Header fields beyond the limits are 431", arguments: ["--http2", "--http1.1"])
    func headers(version: String) async throws {
        let suite = try await SuiteUnderTest.shared()
        let one = ["x-long: " + String(repeating: "a", count: 60_000)]
        let many = (0..<300).map { "x-\($0): a" }
        for headers in [one, many] {
            do {
                let reply = try await suite.gateway.with(version).get("/v1/articles?limit=1", headers: headers)
                expectProblem(reply, 431, "headers-too-large")
            } catch let refusal as Curl.NoAnswer where version == "--http2" {
                // A stream may be reset instead (RFC 9113, section 10.5.1), with nothing else harmed.
                #expect(refusal.code == 92 || refusal.code == 56, "\(refusal)")
            }
        }
        #expect(try await suite.gateway.get("/livez").status == 200)
    }

    @Test("A method that does not exist is a 501 over HTTP/2; HTTP/1.1's parser knows no such request line")
    func unknownMethod() async throws {
        let suite = try await SuiteUnderTest.shared()
        let two = try await suite.gateway.with("--http2").send("BREW", "/v1/articles")
        expectProblem(two, 501, "not-implemented")
        let one = try await suite.gateway.with("--http1.1").send("BREW", "/v1/articles")
        expectProblem(one, 400, "malformed-request")
    }

    @Test("OPTIONS tells the methods, HEAD is GET without a body")
    func optionsAndHead() async throws {
        let suite = try await SuiteUnderTest.shared()
        let options = try await suite.gateway.send("OPTIONS", "/v1/articles")
        #expect(options.status == 204, "\(options)")
        #expect(options.header("allow")?.split(separator: ", ").sorted() == ["GET", "HEAD", "OPTIONS", "POST"])
        expectSound(options)
        for target in ["/openapi.json", "/verify", "/livez", "/.well-known/jwks.json"] {
            let get = try await suite.gateway.get(target)
            for version in ["--http2", "--http1.1"] {
                let head = try await suite.gateway.with(version).send("HEAD", target)
                #expect(head.status == get.status && head.body.isEmpty, "\(target) \(head)")
                #expect(head.header("content-type") == get.header("content-type"), "\(target)")
                #expect(head.header("content-length") == get.header("content-length"), "\(target)")
                expectSound(head)
            }
        }
    }
}
