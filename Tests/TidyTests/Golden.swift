import Foundation
import Testing

/// Lists that are part of the review: a change shows in the difference of a file beside the tests.
enum Golden {
    /// Compares line by line; `CAUSEWAY_UPDATE_GOLDEN=1` writes the file instead.
    static func expect(_ lines: [String], matches name: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name)")
        let text = lines.map { $0 + "\n" }.joined()
        if ProcessInfo.processInfo.environment["CAUSEWAY_UPDATE_GOLDEN"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
            return
        }
        let wanted = try String(contentsOf: file, encoding: .utf8)
        let before = Set(wanted.split(separator: "\n").map(String.init))
        let added = Set(lines).subtracting(before).map { "+ \($0)\n" }
        let removed = before.subtracting(lines).map { "- \($0)\n" }
        let changes = (added + removed).sorted().joined()
        #expect(text == wanted, "\(name) differs; if that is wanted: CAUSEWAY_UPDATE_GOLDEN=1 make test\n\(changes)")
    }
}
