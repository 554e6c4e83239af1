/// A function, initialiser or subscript with a body, and how many lines it takes.
struct FunctionExtent: Equatable {
    let name: String
    let line: Int
    let lines: Int

    /// All in a file, found by their braces; requirements of protocols have no body and are left out.
    static func all(in file: SourceFile) -> [FunctionExtent] {
        let pattern =
            /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:[a-z]\w*(?:\(\w+\))?\s+)*(func\s+[^\s(<]+|init[?!]?\s*[(<]|deinit\s*\{|subscript\s*[(<])/
        return file.codeLines.enumerated().compactMap { index, line in
            guard let match = line.firstMatch(of: pattern), let end = end(of: file.codeLines, from: index) else {
                return nil
            }
            return FunctionExtent(name: String(match.1), line: index + 1, lines: end - index + 1)
        }
    }

    /// The line on which the body that begins at or after `first` ends, or nil if the declaration has none.
    private static func end(of lines: [Substring], from first: Int) -> Int? {
        var parentheses = 0
        var braces = 0
        for index in first..<lines.count {
            for character in lines[index] {
                switch character {
                case "(", "[": parentheses += 1
                case ")", "]": parentheses -= 1
                case "{": braces += 1
                case "}":
                    braces -= 1
                    if braces < 0 { return nil }
                    if braces == 0, parentheses == 0 { return index }
                default: break
                }
            }
            if braces == 0, parentheses == 0, index + 1 < lines.count {
                let next = lines[index + 1].drop { $0 == " " }
                let goesOn = ["{", "where ", "->", "throws", "async", "rethrows", ")"].contains { next.hasPrefix($0) }
                if !goesOn { return nil }
            }
        }
        return nil
    }
}
