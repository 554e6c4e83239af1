import JSON
import TestKit
import Testing

/// Every rule of HTTP/2 that a client can cross, by a client of raw frames: `Clients/http2_conformance.py`.
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
        let script = Repository.path("Tests/EndToEndTests/Clients/http2_conformance.py")
        let outcome = try await ChildProcess.run(
            [ChildProcess.python, "-B", script, "127.0.0.1"] + place, seconds: 120)
        let lines = outcome.text.split(separator: "\n").compactMap { try? JSONValue.parse(Array($0.utf8)).object }
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(lines.last?["cases"]?.integer == Int64(lines.count - 1))
        #expect(lines.count > 100)
        for line in lines.dropLast() where line["ok"] != .bool(true) {
            Issue.record("\(line["case"]?.string ?? ""): \(line["detail"]?.string ?? "")")
        }
        #expect(await suite.isReady(part))
    }
}
