import JSON
import TestKit
import Testing

/// Known attacks on HTTP/2, each a bounded run beside a client that behaves: `Clients/http2_attacks.py`.
@Suite("Attacks")
struct AttackTests {
    /// What four attackers may leave behind: the allocator keeps some of what it was given.
    private static let mebibytesKeptMax = 16.0

    @Test("Every attacker is stopped, the client beside it is served, and memory comes back")
    func attacks() async throws {
        var options = SuiteUnderTest.Options(.fourProcesses)
        options.settings = ["CAUSEWAY_LOG_LEVEL": "info"]
        let suite = try await SuiteUnderTest.start(options)
        let gateway = try #require(suite.process(.gateway)?.identifier)
        let outcome = try await ChildProcess.run(
            [
                ChildProcess.python, "-B", Repository.path("Tests/EndToEndTests/Clients/http2_attacks.py"), "127.0.0.1",
                String(suite.ports.https), "/livez", suite.certificate, String(gateway),
            ], seconds: 180)
        let lines = outcome.text.split(separator: "\n").compactMap { try? JSONValue.parse(Array($0.utf8)).object }
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(lines.count >= 18)
        print(outcome.text)
        for line in lines {
            let name = line["attack"]?.string ?? ""
            let ended = line["ended"]?.string ?? ""
            #expect(ended.hasPrefix("GOAWAY") || ended == "closed", "\(name): \(ended)")
            #expect(line["failed"]?.integer == 0, "\(name) harmed the client beside it")
            let memory = line["mebibytes"]?.object
            let kept = (memory?["after"]?.double ?? .infinity) - (memory?["before"]?.double ?? 0)
            #expect(kept < Self.mebibytesKeptMax, "\(name) left \(kept) MiB behind")
        }
        #expect(suite.process(.gateway)?.hasEnded == false)
        #expect(suite.errors(.gateway) == "")
        await suite.stop()
    }
}
