/// A word, number, literal or sign of SQL (PostgreSQL documentation, 4.1).
struct SQLToken: Hashable {
    enum Kind {
        /// A key word or a name; `text` is in lower case, as the server reads it.
        case word
        /// A name in double quotes; `text` is what is between them.
        case quotedName
        /// A string in single quotes or between dollar tags; `text` is empty.
        case string
        case number
        /// One character that is none of those.
        case sign
    }

    let kind: Kind
    let text: String
    /// From 1.
    let line: Int
    /// Where it stands in the script's UTF-8.
    let place: Range<Int>

    /// Whether it is this key word or sign.
    func `is`(_ text: String) -> Bool { (kind == .word || kind == .sign) && self.text == text }
}

/// Takes a script apart. What the server would not accept gives some tokens too: it is the server that refuses it.
struct SQLScanner {
    enum Element {
        case token(SQLToken)
        /// The text of a `--` comment, without its dashes.
        case comment(String, line: Int)
    }

    private let bytes: [UInt8]
    private var at = 0
    private var line = 1

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    static func elements(of text: String) -> [Element] {
        var scanner = SQLScanner(text)
        var elements: [Element] = []
        while let element = scanner.next() { elements.append(element) }
        return elements
    }

    private func byte(_ offset: Int = 0) -> UInt8? {
        at + offset < bytes.count ? bytes[at + offset] : nil
    }

    private mutating func step(_ count: Int = 1) {
        for _ in 0..<count where at < bytes.count {
            if bytes[at] == UInt8(ascii: "\n") { line += 1 }
            at += 1
        }
    }

    private mutating func next() -> Element? {
        while let first = byte() {
            switch first {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): step()
            case UInt8(ascii: "-") where byte(1) == first: return lineComment()
            case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"): blockComment()
            default: return .token(token(first))
            }
        }
        return nil
    }

    private mutating func lineComment() -> Element {
        let begun = line
        let start = at + 2
        while let next = byte(), next != UInt8(ascii: "\n") { step() }
        return .comment(String(decoding: bytes[start..<max(start, at)], as: UTF8.self), line: begun)
    }

    /// Comments of this kind nest.
    private mutating func blockComment() {
        var depth = 0
        repeat {
            if byte() == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
                depth += 1
                step(2)
            } else if byte() == UInt8(ascii: "*"), byte(1) == UInt8(ascii: "/") {
                depth -= 1
                step(2)
            } else {
                step()
            }
        } while depth > 0 && at < bytes.count
    }

    private mutating func token(_ first: UInt8) -> SQLToken {
        let (begun, start) = (line, at)
        let kind = skipToken(first)
        let text: String
        switch kind {
        case .string: text = ""
        case .word: text = String(decoding: bytes[start..<at], as: UTF8.self).lowercased()
        case .quotedName: text = String(decoding: bytes[(start + 1)..<max(start + 1, at - 1)], as: UTF8.self)
        case .number, .sign: text = String(decoding: bytes[start..<at], as: UTF8.self)
        }
        return SQLToken(kind: kind, text: text, line: begun, place: start..<at)
    }

    /// Steps over one token, and tells what it was.
    private mutating func skipToken(_ first: UInt8) -> SQLToken.Kind {
        switch first {
        case UInt8(ascii: "'"):
            skipQuoted(by: first)
            return .string
        case UInt8(ascii: "\""):
            skipQuoted(by: first)
            return .quotedName
        case UInt8(ascii: "e") where byte(1) == UInt8(ascii: "'"), UInt8(ascii: "E") where byte(1) == UInt8(ascii: "'"):
            step()
            skipQuoted(by: UInt8(ascii: "'"), hasEscapes: true)
            return .string
        case UInt8(ascii: "$") where skipDollarString():
            return .string
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            while let next = byte(), next.isPartOfWord || next == UInt8(ascii: ".") { step() }
            return .number
        case _ where first.isPartOfWord:
            while let next = byte(), next.isPartOfWord || next == UInt8(ascii: "$") { step() }
            return .word
        default:
            step()
            return .sign
        }
    }

    /// Steps over a quoted text; a doubled quote stands for itself.
    private mutating func skipQuoted(by quote: UInt8, hasEscapes: Bool = false) {
        step()
        while let next = byte() {
            if hasEscapes, next == UInt8(ascii: "\\") {
                step(2)
            } else if next == quote {
                step()
                guard byte() == quote else { return }
                step()
            } else {
                step()
            }
        }
    }

    /// Steps over `$tag$ … $tag$`; false, and nothing done, where there is none.
    private mutating func skipDollarString() -> Bool {
        var length = 1
        while let next = byte(length), next.isPartOfWord { length += 1 }
        let first = byte(1)
        guard byte(length) == UInt8(ascii: "$"), first.map({ $0 < 48 || $0 > 57 }) ?? false else { return false }
        let tag = bytes[at..<(at + length + 1)]
        step(tag.count)
        while at < bytes.count {
            if bytes[at...].starts(with: tag) {
                step(tag.count)
                return true
            }
            step()
        }
        return true
    }
}

extension UInt8 {
    /// A letter, digit or underscore; every byte beyond ASCII counts as a letter.
    fileprivate var isPartOfWord: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }
}
