/// Blanks comments and the content of strings, keeping every line where it is, so that words and braces can be counted.
///
/// It knows what Swift's lexer knows of nested comments, raw strings, multi-line strings and interpolation; a regular
/// expression literal stays as it is.
struct CodeOnly {
    private let input: [UInt8]
    private var output: [UInt8] = []
    private var at = 0

    static func of(_ text: String) -> String {
        var scanner = CodeOnly(input: Array(text.utf8))
        scanner.code(untilParenthesis: false)
        return String(decoding: scanner.output, as: UTF8.self)
    }

    private init(input: [UInt8]) {
        self.input = input
        output.reserveCapacity(input.count)
    }

    private func starts(_ text: StaticString, offset: Int = 0) -> Bool {
        let begin = at + offset
        guard begin + text.utf8CodeUnitCount <= input.count else { return false }
        return text.withUTF8Buffer { wanted in
            wanted.indices.allSatisfy { input[begin + $0] == wanted[$0] }
        }
    }

    private mutating func keep(_ count: Int = 1) {
        output += input[at..<min(at + count, input.count)]
        at = min(at + count, input.count)
    }

    private mutating func blank(_ count: Int = 1) {
        for byte in input[at..<min(at + count, input.count)] {
            output.append(byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " "))
        }
        at = min(at + count, input.count)
    }

    /// Code up to the end, or up to the parenthesis that ends an interpolation.
    private mutating func code(untilParenthesis: Bool) {
        var depth = 0
        while at < input.count {
            switch input[at] {
            case UInt8(ascii: "/") where starts("//"):
                while at < input.count, input[at] != UInt8(ascii: "\n") { blank() }
            case UInt8(ascii: "/") where starts("/*"):
                comment()
            case UInt8(ascii: "\""):
                string(hashes: 0)
            case UInt8(ascii: "#"):
                var hashes = 0
                while at + hashes < input.count, input[at + hashes] == UInt8(ascii: "#") { hashes += 1 }
                let isString = starts("\"", offset: hashes)
                keep(hashes)
                if isString { string(hashes: hashes) }
            case UInt8(ascii: "("):
                depth += 1
                keep()
            case UInt8(ascii: ")"):
                if untilParenthesis, depth == 0 { return }
                depth -= 1
                keep()
            default:
                keep()
            }
        }
    }

    private mutating func comment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                blank(2)
            } else if starts("*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && at < input.count
    }

    private func hasHashes(_ count: Int, offset: Int) -> Bool {
        at + offset + count <= input.count
            && input[(at + offset)..<(at + offset + count)].allSatisfy { $0 == UInt8(ascii: "#") }
    }

    private mutating func string(hashes: Int) {
        let isLong = starts("\"\"\"")
        let quotes = isLong ? 3 : 1
        keep(quotes)
        while at < input.count {
            if input[at] == UInt8(ascii: "\\"), hasHashes(hashes, offset: 1) {
                if starts("(", offset: 1 + hashes) {
                    blank(2 + hashes)
                    code(untilParenthesis: true)
                    blank()
                } else {
                    blank(2 + hashes)
                }
            } else if isLong ? starts("\"\"\"") : starts("\""), hasHashes(hashes, offset: quotes) {
                keep(quotes + hashes)
                return
            } else if !isLong, input[at] == UInt8(ascii: "\n") {
                return
            } else {
                blank()
            }
        }
    }
}
