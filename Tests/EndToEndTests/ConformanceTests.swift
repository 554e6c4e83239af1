import JSON
import TestKit
import Testing

/// Every rule of HTTP that a client can cross, by clients of raw frames and bytes: `Clients/http2_conformance.py`,
/// `Clients/http1_hygiene.py`.
@Suite("Conformance")
struct ConformanceTests {
    @Test(
        "HTTP/2 and HPACK at every port that speaks them (RFC 9113, RFC 7541)",
        arguments: [SuiteUnderTest.Part.gateway, .auth, .user, .content])
    func http2(part: SuiteUnderTest.Part) async throws {
        let suite = try await SuiteUnderTest.shared()
        let place =
            part == .gateway
            ? [String(suite.ports.https), "/livez", suite.certificate]
            : [String(suite.ports.service(part)), "/v1/articles"]
        try await expectAll("http2_conformance.py", place)
        #expect(await suite.isReady(part))
    }

    @Test("HTTP/1.1 at the TLS port and at the plain one (RFC 9112)", arguments: [true, false])
    func http1(secure: Bool) async throws {
        let suite = try await SuiteUnderTest.shared()
        let place = secure ? [String(suite.ports.https), suite.certificate] : [String(suite.ports.http)]
        try await expectAll("http1_hygiene.py", place)
        #expect(await suite.isReady(.gateway))
    }

    private func expectAll(_ script: String, _ place: [String]) async throws {
        let script = Repository.path("Tests/EndToEndTests/Clients/" + script)
        let outcome = try await ChildProcess.run(
            [ChildProcess.python, "-B", script, "127.0.0.1"] + place, seconds: 120)
        let lines = outcome.text.split(separator: "\n").compactMap { try? JSONValue.parse(Array($0.utf8)).object }
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(lines.last?["cases"]?.integer == Int64(lines.count - 1))
        #expect(lines.count > 100)
        for line in lines.dropLast() where line["ok"] != .bool(true) {
            Issue.record("\(line["case"]?.string ?? ""): \(line["detail"]?.string ?? "")")
        }
    }
}
