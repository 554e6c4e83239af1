import Markdown
import Testing

@Suite struct MarkdownTests {
    @Test(arguments: [
        ("# Title\n\nSome *text*.", "<h1>Title</h1>\n<p>Some <em>text</em>.</p>\n"),
        ("- a\n- b\n", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("~~gone~~", "<p><del>gone</del></p>\n"),
        ("see https://example.org/a", "<p>see <a href=\"https://example.org/a\">https://example.org/a</a></p>\n"),
        ("```swift\nlet a = 1 < 2\n```", "<pre><code class=\"language-swift\">let a = 1 &lt; 2\n</code></pre>\n"),
        ("a & b < c", "<p>a &amp; b &lt; c</p>\n"),
        ("", ""),
        ("> q\n", "<blockquote>\n<p>q</p>\n</blockquote>\n"),
    ])
    func rendersCommonMark(text: String, html: String) throws {
        #expect(try Markdown.render(text).html == html)
    }

    @Test func rendersTables() throws {
        let html = try Markdown.render("| a | b |\n|---|:-:|\n| 1 | 2 |\n").html
        #expect(html.contains("<th>a</th>") && html.contains("<td align=\"center\">2</td>"))
    }

    @Test(arguments: [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a <b onmouseover=x>b</b>",
        "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](<javascript:alert(1)>)",
        "[x](&#106;avascript:alert(1))", "[x](vbscript:x)", "[x](file:///etc/passwd)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)", "![x](data:image/svg+xml;base64,AAAA)", "<javascript:alert(1)>",
        "[x][r]\n\n[r]: javascript:alert(1)", "<!-- c --> text", "<?php x ?>", "<div>\n*a*\n</div>",
        "| a |\n|---|\n| <script>x</script> |", "[a](\"onclick=x)", "![a\"onerror=\"x](y)", "<a href=javascript:x>",
        "[x](\u{1}javascript:alert(1))",
    ])
    func leavesNothingThatRuns(text: String) throws {
        let html = try Markdown.render(text).html
        let tags = html.split(separator: "<").map { $0.prefix { $0 != ">" }.lowercased() }
        for tag in tags {
            let name = tag.prefix { $0.isLetter || $0.isNumber || $0 == "/" }
            #expect(!["script", "div", "b", "/script", "svg"].contains(String(name)), "\(html)")
            for address in ["\"javascript:", "\"vbscript:", "\"file:", "\"data:text", "\"data:image/svg"] {
                #expect(!tag.contains(address), "\(html)")
            }
            let outsideOfValues = tag.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset.isMultiple(of: 2) }.map(\.element).joined()
            #expect(!outsideOfValues.contains(" on"), "\(html)")
        }
        #expect(!html.contains("<!--") && !html.contains("<?"))
    }

    @Test func tellsTheGist() throws {
        let text = """
            # A heading that is not quoted

            First *sentence* of
            the `prose`, with [a link](https://example.org) and more.

            ```
            code is counted and not quoted
            ```
            <div>raw</div>
            """
        let rendered = try Markdown.render(text)
        #expect(rendered.excerpt == "First sentence of the prose, with a link and more.")
        #expect(rendered.wordCount == 6 + 10 + 6)
        #expect(rendered.readingMinutes == 1)
    }

    @Test func cutsTheExcerptBetweenWords() throws {
        let rendered = try Markdown.render(String(repeating: "wörd ", count: 401))
        #expect(rendered.excerpt.hasSuffix("wörd…"))
        #expect(rendered.excerpt.count <= RenderedMarkdown.excerptCharactersMax)
        #expect(rendered.excerpt.count > RenderedMarkdown.excerptCharactersMax - 10)
        #expect(rendered.readingMinutes == 3)
        let endless = try Markdown.render(String(repeating: "x", count: 5000))
        #expect(endless.excerpt.count == RenderedMarkdown.excerptCharactersMax)
        #expect(try Markdown.render("漢字仮名交じり文の文章").wordCount == 5)
        #expect(try Markdown.render("").readingMinutes == 1)
        #expect(try Markdown.render("").excerpt == "")
    }

    @Test func refusesWhatIsTooLong() throws {
        let limit = String(repeating: "ä", count: Markdown.codePointsMax)
        #expect(try Markdown.render(limit).wordCount == 1)
        #expect(throws: MarkdownFailure.tooLong) { try Markdown.render(limit + "ä") }
    }
}
