import Foundation
import Primitives
import TestKit
import Testing

@Suite("Clients that speak something else")
struct HostileClientTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// Whoever misbehaved, the next one is served.
    private func expectServing(_ suite: SuiteUnderTest) async throws {
        #expect(try await suite.gateway.get("/v1/articles?limit=1").status == 200)
    }

    @Test("Plain HTTP on the TLS port gets no page, and the connection ends")
    func plainOnTLS() async throws {
        let suite = try await SuiteUnderTest.shared()
        let answer = try await RawClient.exchange(
            bytes("GET /v1/articles HTTP/1.1\r\nhost: localhost\r\n\r\n"), port: suite.ports.https)
        #expect(answer.isClosed)
        #expect(!String(decoding: answer.bytes, as: UTF8.self).contains("items"))
        try await expectServing(suite)
    }

    @Test("Garbage on every port ends the connection and harms nobody")
    func garbage() async throws {
        let suite = try await SuiteUnderTest.shared()
        var generator = SeededGenerator(seed: 7)
        let ports = [
            suite.ports.https, suite.ports.http, suite.ports.service(.auth), suite.ports.service(.user),
            suite.ports.service(.content), suite.ports.ops(.gateway), suite.ports.ops(.auth),
        ]
        for port in ports {
            for length in [1, 24, 5000] {
                // No line break, so that it is nothing that HTTP/1.1 could wait for to go on.
                let noise = (0..<length).map { _ in UInt8.random(in: 128...255, using: &generator) }
                let answer = try await RawClient.exchange(noise, port: port, seconds: length == 1 ? 1 : 5)
                if length > 24 { #expect(answer.isClosed, "port \(port), \(length) bytes") }
                let text = String(decoding: answer.bytes, as: UTF8.self)
                #expect(!text.contains("500") && !text.contains("Fault"), "\(text)")
            }
        }
        try await expectServing(suite)
        for part in [SuiteUnderTest.Part.auth, .user, .content, .gateway] { #expect(await suite.isReady(part)) }
    }

    @Test("HTTP/1.1 on an internal port is told that it speaks HTTP/2")
    func http1OnH2C() async throws {
        let suite = try await SuiteUnderTest.shared()
        for part in [SuiteUnderTest.Part.auth, .user, .content] {
            let answer = try await RawClient.exchange(
                bytes("GET /v1/articles HTTP/1.1\r\nhost: x\r\n\r\n"), port: suite.ports.service(part))
            #expect(answer.isClosed)
            #expect(String(decoding: answer.bytes, as: UTF8.self).hasPrefix("HTTP/1.1 400 "))
        }
    }

    /// What stands before the end of the head that makes it ambiguous, by name.
    private static let ambiguous: KeyValuePairs<String, String> = [
        "both framings":
            "POST /v1/articles HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\n"
            + "transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "two lengths":
            "POST /v1/articles HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        "a length with a sign":
            "POST /v1/articles HTTP/1.1\r\nhost: localhost\r\ncontent-length: +3\r\n\r\nabc",
        "chunked twice":
            "POST /v1/articles HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        "no host":
            "GET /v1/articles HTTP/1.1\r\n\r\n",
        "two hosts":
            "GET /v1/articles HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        "a space before the colon":
            "GET /v1/articles HTTP/1.1\r\nhost: localhost\r\nx : y\r\n\r\n",
        "a folded line":
            "GET /v1/articles HTTP/1.1\r\nhost: localhost\r\nx: a\r\n folded\r\n\r\n",
        "another authority":
            "GET http://other.example/v1/articles HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "a zero byte":
            "GET /v1/articles HTTP/1.1\r\nhost: localhost\r\nx: a\u{0}b\r\n\r\n",
        "an unknown method":
            "BREW /v1/articles HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "a space in the target":
            "GET /v1/ar ticles HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ]

    @Test("Requests that two readers could read differently are refused whole", arguments: ambiguous.map(\.key))
    func smuggling(name: String) async throws {
        let request = try #require(Self.ambiguous.first { $0.key == name }?.value)
        let suite = try await SuiteUnderTest.shared()
        let tail = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"
        let answer = try await RawClient.exchange(bytes(request + tail), port: suite.ports.https, isSecure: true)
        let text = String(decoding: answer.bytes, as: UTF8.self)
        let reply = try #require(HTTPReply(parsing: answer.bytes), "\(text)")
        #expect((400..<506).contains(reply.status) && reply.status != 500, "\(text)")
        #expect(!text.contains("alive"), "what stood behind it was taken for a request: \(text)")
        #expect(answer.isClosed)
        expectProblem(reply, reply.status, reply.status == 501 ? "not-implemented" : "malformed-request")
    }

    @Test("Clients that are gone before their answer leave nothing behind, and nothing fails")
    func gone() async throws {
        let suite = try await SuiteUnderTest.shared()
        func openFiles() throws -> Int {
            let process = try #require(suite.process(.gateway))
            return try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.identifier)/fd").count
        }
        let before = try openFiles()
        for _ in 0..<20 {
            let json = #"{"email":"\#(SuiteUnderTest.newEmail("gone"))","password":"\#(SuiteUnderTest.password)"}"#
            let request = """
                POST /v1/auth/register HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r
                content-length: \(json.utf8.count)\r\n\r\n\(json)
                """
            // Half of them are gone in the middle of the body; none has the time to wait for an answer.
            let sent = Bool.random() ? bytes(request) : Array(bytes(request).dropLast(5))
            _ = try await RawClient.exchange(
                sent, port: suite.ports.https, isSecure: true, seconds: 0.001)
        }
        // What the tests beside this one have open is less.
        try await eventually { try openFiles() < before + 15 }
        try await expectServing(suite)
        for part in [SuiteUnderTest.Part.gateway, .auth] {
            // Registering beside this test may be refused by 503 (auth-busy) or 504 on a busy machine.
            let failures = suite.log(part).filter {
                $0.contains(#""operation":"register""#) && $0.matches(#""status":5(?!03|04)"#)
            }
            #expect(failures.isEmpty)
        }
    }
}
