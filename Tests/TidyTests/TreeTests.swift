import Foundation
import Testing

/// What stands where, and what must not stand anywhere.
@Suite struct TreeTests {
    private static let topLevel: Set<String> = [
        "Makefile", "Package.swift", "README.md", "Services", "Shared", "Tests", "compose", "gateway",
        "Package.resolved",  // written by the package manager, ignored by git
    ]

    @Test func topLevelGainsNothing() throws {
        let entries = try FileManager.default.contentsOfDirectory(atPath: Repository.shared.root.path)
        let foreign = entries.filter { !$0.hasPrefix(".") && !Self.topLevel.contains($0) }
        #expect(foreign.isEmpty)
    }

    /// A path of one machine works on no other.
    @Test func noFileNamesAMachine() throws {
        let machines = ["/wo" + "rk/", "/Us" + "ers/", "/ho" + "me/", "/tmp/br" + "ief"]
        let root = Repository.shared.root
        let suffixes = ["swift", "sh", "py", "md", "yaml", "yml", "json", "sql", "h", "modulemap", "txt", "Makefile"]
        for path in Repository.paths(below: root, in: Self.topLevel.subtracting(["Package.resolved"]).sorted()) {
            guard suffixes.contains(where: path.hasSuffix),
                let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8)
            else { continue }
            for machine in machines where text.contains(machine) {
                Issue.record("\(path) names \(machine)")
            }
        }
    }

    /// Every exception from the compiler's check is in one list that a review sees change, with its reason beside it.
    @Test func uncheckedSendableIsListed() throws {
        var found: [String] = []
        for file in Repository.shared.swiftFiles where file.isProduct {
            for word in ["@unchecked Sendable", "nonisolated(unsafe)"] {
                for line in file.lines(withCode: word) {
                    let code = file.lines[line - 1].trimmingCharacters(in: .whitespaces)
                    found.append("\(file.path): \(code)")
                    let above = file.lines[max(0, line - 6)..<line]
                    #expect(above.contains { $0.contains("//") }, "\(file.path):\(line) has no comment that says why")
                }
            }
        }
        try Golden.expect(found.sorted(), matches: "unchecked-sendable.txt")
    }
}
