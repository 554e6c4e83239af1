/// The statements of a migration, each with what its comments allow.
struct SQLScript {
    struct Statement {
        fileprivate(set) var tokens: [SQLToken] = []
        /// As it is written, without the semicolon.
        fileprivate(set) var text = ""
        /// `-- lint: allow <rule>: <reason>` above the statement or in it.
        fileprivate(set) var allowances: [Allowance] = []

        var line: Int { tokens.first?.line ?? 0 }

        /// Whether it begins with these words.
        func begins(_ words: String...) -> Bool {
            words.count <= tokens.count && zip(words, tokens).allSatisfy { $1.is($0) }
        }
    }

    struct Allowance: Hashable {
        let rule: String
        let reason: String
        let line: Int
    }

    let statements: [Statement]

    /// A semicolon ends a statement wherever it is no part of a string: bodies of functions are strings here.
    init(_ text: String) {
        let bytes = Array(text.utf8)
        var statements: [Statement] = []
        var current = Statement()
        func end() {
            if let first = current.tokens.first, let last = current.tokens.last {
                current.text = String(
                    decoding: bytes[first.place.lowerBound..<last.place.upperBound], as: UTF8.self)
            }
            if !current.tokens.isEmpty || !current.allowances.isEmpty { statements.append(current) }
            current = Statement()
        }
        for element in SQLScanner.elements(of: text) {
            switch element {
            case .comment(let text, let line):
                if let allowance = Self.allowance(text, line) { current.allowances.append(allowance) }
            case .token(let token) where token.is(";"): end()
            case .token(let token): current.tokens.append(token)
            }
        }
        end()
        self.statements = statements
    }

    /// ` lint: allow drop: the table was never used`
    private static func allowance(_ comment: String, _ line: Int) -> Allowance? {
        let parts = comment.split(separator: ":", maxSplits: 2).map { trimmed($0) }
        guard parts.count >= 2, parts[0] == "lint", parts[1].hasPrefix("allow ") else { return nil }
        return Allowance(
            rule: trimmed(parts[1].dropFirst(6)), reason: parts.count == 3 ? parts[2] : "", line: line)
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(text)
    }
}
