internal import Contract

/// `/problems` and `/problems/<code>`: what each error means and what to do, where a problem's `type` points.
enum ProblemPages {
    static func documents(_ kinds: [ProblemKind]) -> [Document] {
        [Document("/problems", operation: "problems", page: index(kinds))]
            + kinds.map { Document("/problems/\($0.code)", operation: "problems", page: page($0)) }
    }

    private static func index(_ kinds: [ProblemKind]) -> Page {
        let items = kinds.sorted { $0.code < $1.code }.map { kind in
            "<li><a href=\"/problems/\(kind.code)\"><code>\(kind.code)</code></a> "
                + "(\(kind.status)): \(Page.escape(kind.title))</li>"
        }
        return Page(title: "Problems", main: "<h1>Problems</h1>\n<ul>\n\(items.joined(separator: "\n"))\n</ul>")
    }

    private static func page(_ kind: ProblemKind) -> Page {
        Page(
            title: "\(kind.code): \(kind.title)",
            main: """
                <h1>\(Page.escape(kind.title))</h1>
                <dl>
                <dt>Code</dt><dd><code>\(kind.code)</code></dd>
                <dt>Status</dt><dd>\(kind.status)</dd>
                <dt>Cause</dt><dd>\(prose(kind.cause))</dd>
                <dt>Fix</dt><dd>\(prose(kind.fix))</dd>
                </dl>
                <p><a href="/problems">All problems</a></p>
                """)
    }

    /// Escaped text in which what stands between backquotes is code.
    private static func prose(_ text: String) -> String {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false)
        return parts.enumerated().map { index, part in
            let escaped = Page.escape(String(part))
            return index.isMultiple(of: 2) ? escaped : "<code>\(escaped)</code>"
        }.joined()
    }
}
