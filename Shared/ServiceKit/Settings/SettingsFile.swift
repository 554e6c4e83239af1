/// A file of settings: lines `NAME=value`, where the value is the rest of the line without white space around it. Blank
/// lines and lines that begin with `#` say nothing.
package struct SettingsFile: Sendable, Hashable {
    /// What names the file.
    package static let variable = "CAUSEWAY_SETTINGS_FILE"

    package struct Entry: Sendable, Hashable {
        package let name: String
        package let value: String
        /// From 1.
        package let line: Int
    }

    package let path: String
    package let entries: [Entry]
    /// What cannot be understood, one sentence each.
    package let faults: [String]

    package init(path: String, text: String) {
        self.path = path
        var entries: [Entry] = []
        var faults: [String] = []
        var lines: [String: Int] = [:]
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let place = "\(path), line \(index + 1)"
            let line = Self.trimmed(raw)
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let equals = line.firstIndex(of: "=") else {
                faults.append("\(place) is not NAME=value.")
                continue
            }
            let name = Self.trimmed(line[..<equals])
            if let first = lines[name] {
                faults.append("\(place): \(name) stands in line \(first) already; keep one of them.")
                continue
            }
            lines[name] = index + 1
            entries.append(Entry(name: name, value: Self.trimmed(line[line.index(after: equals)...]), line: index + 1))
        }
        self.entries = entries
        self.faults = faults
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let end = text.lastIndex { !$0.isWhitespace }.map(text.index(after:)) ?? text.startIndex
        return String(text[..<end].drop { $0.isWhitespace })
    }
}
