import Foundation
import TestKit

/// A `Statement` as it stands in the source. Its name and its SQL are literals by type, so that reading the source
/// finds every one of them: none has to be registered, and none can be forgotten.
struct DeclaredStatement: Sendable {
    let name: String
    let sql: String
    /// The Swift types of its parameters: `AccountID`, `[String]`, `Timestamp?`.
    let parameters: [String]
    /// From the repository's root.
    let path: String

    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    /// Those of every product file, in the order of their names.
    static func all() throws -> [DeclaredStatement] {
        var found: [DeclaredStatement] = []
        for folder in ["Shared", "Services", "gateway"] {
            let root = Repository.path(folder)
            let paths = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
            for path in paths where path.hasSuffix(".swift") {
                let text = try String(contentsOfFile: root + "/" + path, encoding: .utf8)
                found += try all(in: text, path: "\(folder)/\(path)")
            }
        }
        return found.sorted { ($0.name, $0.path) < ($1.name, $1.path) }
    }

    /// Those that `text` declares: each `Statement<…>(` with two literals. A type that is only mentioned is passed by.
    static func all(in text: String, path: String) throws -> [DeclaredStatement] {
        let code = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.drop { $0 == " " }.hasPrefix("//") ? "" : $0 }.joined(separator: "\n")
        if code.contains("Statement(") && code.contains("import Postgres") {
            throw Unreadable(
                description:
                    "\(path): a statement names its types, `Statement<Row, Parameter>(…)`, to be read here")
        }
        var found: [DeclaredStatement] = []
        var rest = code[...]
        while let range = rest.firstRange(of: "Statement<") {
            let isWhole = range.lowerBound == code.startIndex || !isWord(code[code.index(before: range.lowerBound)])
            rest = rest[range.upperBound...]
            guard isWhole else { continue }
            var reader = LiteralReader(rest: rest)
            guard let types = reader.types(), reader.skip("(") else { continue }
            guard let name = reader.literal(), reader.skip(","), let sql = reader.literal() else {
                throw Unreadable(description: "\(path): a statement is made of two literals, here: \(rest.prefix(80))")
            }
            rest = reader.rest
            found.append(
                DeclaredStatement(name: name, sql: sql, parameters: Array(types.dropFirst()), path: path))
        }
        return found
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}

/// Reads what stands in a declaration: types in angle brackets, then literals.
private struct LiteralReader {
    var rest: Substring

    /// `Row, [A], B?>`: the types, with the bracket that ends them taken; nil where none does.
    mutating func types() -> [String]? {
        var types: [String] = []
        var type = ""
        var depth = 0
        while let character = rest.popFirst() {
            switch character {
            case "<", "[", "(": depth += 1
            case ">" where depth == 0:
                types.append(type.filter { !$0.isWhitespace })
                return types
            case ">", "]", ")": depth -= 1
            case "," where depth == 0:
                types.append(type.filter { !$0.isWhitespace })
                type = ""
                continue
            default: break
            }
            guard depth >= 0 else { return nil }
            type.append(character)
        }
        return nil
    }

    mutating func skip(_ character: Character) -> Bool {
        rest = rest.drop(while: \.isWhitespace)
        guard rest.first == character else { return false }
        rest.removeFirst()
        rest = rest.drop(while: \.isWhitespace)
        return true
    }

    /// A string literal of one line or of several; nil where there is none, or one with an escape.
    mutating func literal() -> String? {
        let quotes = rest.hasPrefix(#"""""#) ? #"""""# : "\""
        guard rest.hasPrefix(quotes) else { return nil }
        rest = rest.dropFirst(quotes.count)
        guard let end = rest.firstRange(of: quotes) else { return nil }
        let text = rest[..<end.lowerBound]
        rest = rest[end.upperBound...]
        return text.contains("\\") ? nil : String(text)
    }
}
