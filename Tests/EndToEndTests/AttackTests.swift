import Foundation
import JSON
import TestKit
import Testing

/// Known attacks on the edge, each a bounded run beside a client that behaves: `Clients/attacks.py`.
///
/// `make test` runs those that are over soon, `make attacks` all: `CAUSEWAY_ATTACKS`, a list of names or `all`.
@Suite("Attacks")
struct AttackTests {
    /// What an attack may leave behind: the allocator keeps some of what it was given.
    private static let mebibytesKeptMax = 16.0

    private static var wanted: [String] {
        let names = ProcessInfo.processInfo.environment["CAUSEWAY_ATTACKS"] ?? ""
        return names.isEmpty ? ["quick"] : names.split(separator: " ").map(String.init)
    }

    @Test("Every attacker is stopped, the client beside it is served, and memory comes back")
    func attacks() async throws {
        var options = SuiteUnderTest.Options(.fourProcesses)
        options.settings = [
            "CAUSEWAY_LOG_LEVEL": "info",
            // As it is by default: what needs more connections has more addresses.
            "CAUSEWAY_GATEWAY_CONNECTIONS_PER_ADDRESS_MAX": "64",
        ]
        let suite = try await SuiteUnderTest.start(options)
        let gateway = try #require(suite.process(.gateway)?.identifier)
        let outcome = try await ChildProcess.run(
            [
                ChildProcess.python, "-B", Repository.path("Tests/EndToEndTests/Clients/attacks.py"), "127.0.0.1",
                String(suite.ports.https), "/v1/articles?limit=1", suite.certificate, String(gateway),
                String(suite.ports.ops(.gateway)),
            ] + Self.wanted, seconds: 900)
        let lines = outcome.text.split(separator: "\n").compactMap { try? JSONValue.parse(Array($0.utf8)).object }
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(Self.wanted != ["quick"] || lines.count > 40)
        print(Self.table(lines))
        for line in lines { Self.expectStopped(line) }
        #expect(suite.process(.gateway)?.hasEnded == false)
        #expect(suite.errors(.gateway) == "")
        Self.expectNobodySpoofed(suite.log(.gateway))
        await suite.stop()
    }

    private static func expectStopped(_ line: JSONObject) {
        let (name, ended) = (line["attack"]?.string ?? "", line["ended"]?.string ?? "")
        #expect(["GOAWAY", "closed", "held"].contains { ended.hasPrefix($0) }, "\(name): \(ended)")
        let failed = line["failed"]?.array ?? [.null]
        #expect(failed.isEmpty, "\(name) harmed the client beside it: \(failed)")
        let memory = line["mebibytes"]?.object
        let kept = (memory?["after"]?.double ?? .infinity) - (memory?["before"]?.double ?? 0)
        #expect(kept < mebibytesKeptMax, "\(name) left \(kept) MiB behind")
    }

    /// Whatever was claimed, the log tells of addresses that really called.
    private static func expectNobodySpoofed(_ log: [String]) {
        let wrong = log.filter { $0.contains("203.0.113.7") || $0.contains("spoofed-request") }
        #expect(wrong.isEmpty, "\(wrong.first ?? "")")
    }

    private static func table(_ lines: [JSONObject]) -> String {
        var rows = [
            ["attack", "ended", "requests", "s", "MiB before", "peak", "after", "p99 ms quiet", "under attack"]
        ]
        for line in lines {
            let (memory, p99) = (line["mebibytes"]?.object, line["p99_ms"]?.object)
            let numbers = [
                line["requests"], line["seconds"], memory?["before"], memory?["most"], memory?["after"], p99?["quiet"],
                p99?["beside"],
            ]
            let ended = String(line["ended"]?.string?.prefix(24) ?? "")
            rows.append([line["attack"]?.string ?? "", ended] + numbers.map { $0?.double.map { "\($0)" } ?? "" })
        }
        return rows.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }
}
