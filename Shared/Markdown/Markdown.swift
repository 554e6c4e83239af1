internal import CCmark

/// CommonMark (spec 0.29) with tables, strikethrough and bare links of GitHub Flavored Markdown, made into HTML that is
/// safe to show: raw HTML is left out, and links to `javascript:`, `vbscript:`, `file:` and most `data:` are emptied.
package enum Markdown {
    /// The most code points that a text may have.
    package static let codePointsMax = 100_000
    /// The most bytes of HTML that a text may become.
    package static let htmlBytesMax = 2 * 1024 * 1024

    /// Renders `text`, in a time and space that its length bounds.
    package static func render(_ text: String) throws(MarkdownFailure) -> RenderedMarkdown {
        guard text.unicodeScalars.count <= codePointsMax else { throw .tooLong }
        guard MarkdownAmplification(text).isBounded else { throw .tooComplex }
        let document = MarkdownDocument(parsing: text)
        let gist = document.gist()
        guard let html = document.html(bytesMax: htmlBytesMax) else { throw .tooComplex }
        return RenderedMarkdown(html: html, excerpt: gist.excerpt, wordCount: gist.wordCount)
    }
}

/// Why a text is not rendered.
package enum MarkdownFailure: Error, Sendable, Hashable {
    /// It has more than `Markdown.codePointsMax` code points.
    case tooLong
    /// Its HTML would be many times as long as the text.
    case tooComplex
}

/// A rendered text and what a list tells of it.
package struct RenderedMarkdown: Sendable, Hashable {
    /// Safe to stand inside a page's `<body>`.
    package let html: String
    /// The beginning of the running text without markup, at most `excerptCharactersMax` characters, cut between words.
    package let excerpt: String
    package let wordCount: Int

    package static let excerptCharactersMax = 240
    /// A common figure for silent reading of prose.
    package static let wordsPerMinute = 200

    /// Whole minutes, rounded up, at least one.
    package var readingMinutes: Int {
        max(1, (wordCount + Self.wordsPerMinute - 1) / Self.wordsPerMinute)
    }
}
