import Markdown
import Testing

/// Texts that make a naive parser slow, a deep tree, or a large output. That each ends in a moment, and that the output
/// stays within its limit, is what is tested; a quadratic parser needs minutes here.
@Suite struct AmplificationTests {
    private static let length = Markdown.codePointsMax

    private static func filled(_ piece: String) -> String {
        String(repeating: piece, count: length / piece.unicodeScalars.count)
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "[", "![", "[a](", "]", "[]", "*a", "*a **b ", "a**b_c* ", "_a ", "**a __b* ", "~~a ", "`", "`a``b```", "<",
            "<!--",
            "<?", "<![CDATA[", "</", "<a b=\"", ">", "> ", "- ", "1. ", "> - ", "&", "\\", "|", "|a\n", "www.",
            "http://", "a.b@c",
            "[a]: b\n", "[a][", "x\n", "\n", "(_a", "*_", "```\n", "[a](<b", "[a](b \"", "-\t", "\u{0}", "\t", "\r",
            "<div>\n",
        ])
    func takesRepeatedPieces(piece: String) {
        expectBounded(Self.filled(piece))
    }

    @Test(.timeLimit(.minutes(1))) func takesNestedBrackets() {
        expectBounded(String(repeating: "[", count: 33_000) + "a" + String(repeating: "](x)", count: 16_000))
    }

    @Test(.timeLimit(.minutes(1))) func takesNestedLists() {
        let lines = (0..<300).map { String(repeating: "  ", count: $0) + "- a\n" }.joined()
        expectBounded(lines)
    }

    @Test(.timeLimit(.minutes(1))) func refusesTablesThatFillUp() {
        let wide = String(repeating: "|a", count: 3000) + "\n" + String(repeating: "|-", count: 3000) + "\n"
        #expect(throws: MarkdownFailure.tooComplex) {
            try Markdown.render(wide + String(repeating: "b\n", count: 4000))
        }
        for prefix in ["> ", "- ", "  12) "] {
            let text = wide.split(separator: "\n").map { prefix + $0 + "\r\n" }.joined()
            #expect(throws: MarkdownFailure.tooComplex) {
                try Markdown.render(text + String(repeating: "\(prefix)b\r\n", count: 4000))
            }
        }
    }

    @Test func takesAnHonestTable() throws {
        let row = String(repeating: "| cell ", count: 12) + "|\n"
        let rule = String(repeating: "|---", count: 12) + "|\n"
        let html = try Markdown.render(row + rule + String(repeating: row, count: 900)).html
        #expect(html.contains("<table>"))
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["\n", "\r\n"])
    func refusesReferencesThatRepeatMuch(newline: String) {
        let address = "[a]: /" + String(repeating: "u", count: 50_000) + newline + newline
        let title = "[a]: /u \"" + String(repeating: "title\(newline)", count: 5_000) + "\"" + newline + newline
        for definition in [address, title] {
            #expect(throws: MarkdownFailure.tooComplex) {
                try Markdown.render(definition + String(repeating: "[a]", count: 12_000))
            }
        }
    }

    @Test func takesHonestReferences() throws {
        let uses = (0..<200).map { "See [the source][\($0)]. " }.joined()
        let definitions = (0..<200).map { "[\($0)]: https://example.org/articles/\($0)\n" }.joined()
        #expect(try Markdown.render(uses + "\n\n" + definitions).html.contains("articles/199\""))
    }

    /// Random soups of all marks, from a seed.
    @Test(.timeLimit(.minutes(1)), arguments: 0..<40)
    func takesSoups(seed: Int) {
        let marks = [
            "[", "]", "(", ")", "!", "*", "**", "_", "~~", "`", "<", ">", "\n", "\n\n", "- ", "> ", "# ", "|", ":", "-",
            "a", " ", "&amp;", "\\", "http://", "www.", "@", "\"", "ä", "]:", "    ", "1. ", "```", "\u{0}", "<!--",
            "|-|-|\n",
        ]
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33)
        }
        // Few different marks make long runs of the same construct likely.
        let chosen = (0..<(1 + seed % 6)).map { _ in marks[next() % marks.count] }
        expectBounded(String((0..<60_000).map { _ in chosen[next() % chosen.count] }.joined().prefix(Self.length)))
    }

    private func expectBounded(_ text: String) {
        do throws(MarkdownFailure) {
            let rendered = try Markdown.render(text)
            #expect(rendered.html.utf8.count <= Markdown.htmlBytesMax)
            #expect(rendered.excerpt.count <= RenderedMarkdown.excerptCharactersMax)
        } catch {
            #expect(error == .tooComplex || text.unicodeScalars.count > Markdown.codePointsMax)
        }
    }
}
