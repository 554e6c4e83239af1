internal import Foundation

/// A text that is kept in the repository beside the tests, so that its diff shows in review.
package struct GoldenFile: Sendable {
    private let url: URL

    /// - Parameter path: below the folder `Golden` beside `file`.
    package init(_ path: String, beside file: String = #filePath) {
        url = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Golden/\(path)")
    }

    package var text: String {
        get throws { try String(contentsOf: url, encoding: .utf8) }
    }

    /// Nil where `text` is what is kept, else the first difference and how to accept the change. With
    /// `CAUSEWAY_UPDATE_GOLDEN=1` in the environment the file is written instead.
    package func difference(from text: String) throws -> String? {
        if ProcessInfo.processInfo.environment["CAUSEWAY_UPDATE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: url, atomically: true, encoding: .utf8)
            return nil
        }
        let kept = (try? self.text) ?? ""
        guard kept != text else { return nil }
        let old = kept.split(separator: "\n", omittingEmptySubsequences: false)
        let new = text.split(separator: "\n", omittingEmptySubsequences: false)
        let line = zip(old, new).prefix { $0 == $1 }.count
        return """
            \(url.lastPathComponent) differs at line \(line + 1):
              kept: \(line < old.count ? old[line] : "(end)")
              now:  \(line < new.count ? new[line] : "(end)")
            If the change is meant: CAUSEWAY_UPDATE_GOLDEN=1 make test FILTER=Golden
            """
    }
}
