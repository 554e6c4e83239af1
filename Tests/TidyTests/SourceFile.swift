import Foundation

/// One Swift file: as it is written, and with its strings and comments blanked out.
struct SourceFile: Sendable {
    let path: String
    let lines: [Substring]
    /// The lines with every comment and every string's content replaced by spaces.
    let codeLines: [Substring]

    var isTest: Bool { path.hasPrefix("Tests/") }
    var isProduct: Bool { !isTest && path != "Package.swift" }

    init(path: String, root: URL) {
        let text = (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
        self.init(path: path, text: text)
    }

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        codeLines = CodeOnly.of(text).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The modules that are imported, with the line of each.
    var imports: [(module: String, line: Int)] {
        let pattern =
            /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?import\s+(?:(?:struct|class|enum|func|protocol|typealias|var|let)\s+)?(\w+)/
        return codeLines.enumerated().compactMap { index, line in
            line.firstMatch(of: pattern).map { (String($0.1), index + 1) }
        }
    }

    /// Where `word` stands in the code, as a whole word where it begins with a letter.
    func lines(withCode word: String) -> [Int] {
        codeLines.enumerated().compactMap { index, line in
            var rest = line[...]
            while let range = rest.range(of: word) {
                let before = range.lowerBound == line.startIndex ? " " : line[line.index(before: range.lowerBound)]
                if !(before.isLetter || before.isNumber || before == "_" || before == ".") { return index + 1 }
                rest = rest[range.upperBound...]
            }
            return nil
        }
    }
}
