/// Collects the words of a text and the beginning of its prose.
struct MarkdownGist {
    private(set) var wordCount = 0
    private var prose = ""
    private var isInHeading = false
    private var isInWord = false
    /// Scripts that put no spaces between words: so many of their signs count as one word.
    private static let ideographsPerWord = 2
    private var ideographs = 0

    /// Running text, in pieces that may end inside a word.
    mutating func add(_ text: String) {
        count(text)
        guard !isInHeading, prose.unicodeScalars.count <= Self.scalarsKept else { return }
        prose += text
    }

    /// Text that is read but never quoted: a block of code.
    mutating func addAside(_ text: String) {
        separate()
        count(text)
        separate()
    }

    mutating func heading(begins: Bool) {
        separate()
        isInHeading = begins
    }

    /// A break between words.
    mutating func separate() {
        isInWord = false
        if !prose.isEmpty, prose.unicodeScalars.last != " " { prose.unicodeScalars.append(" ") }
    }

    /// The beginning of the prose; cut between words where there is more.
    var excerpt: String {
        let words = prose.split(whereSeparator: \.isWhitespace)
        var text = ""
        for word in words {
            let length = text.count + word.count + 2
            guard length <= RenderedMarkdown.excerptCharactersMax else {
                return text.isEmpty ? String(word.prefix(RenderedMarkdown.excerptCharactersMax - 1)) + "…" : text + "…"
            }
            if !text.isEmpty { text += " " }
            text += word
        }
        return text
    }

    /// Enough code points for an excerpt of letters with marks.
    private static let scalarsKept = 4 * RenderedMarkdown.excerptCharactersMax

    private mutating func count(_ text: String) {
        for scalar in text.unicodeScalars {
            if Self.isIdeograph(scalar) {
                isInWord = false
                ideographs += 1
                if ideographs.isMultiple(of: Self.ideographsPerWord) { wordCount += 1 }
            } else if scalar.properties.isWhitespace {
                isInWord = false
            } else if !isInWord, scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                isInWord = true
                wordCount += 1
            }
        }
    }

    /// Han, Hiragana, Katakana.
    private static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3040...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF: true
        default: false
        }
    }
}
