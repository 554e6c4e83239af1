internal import Cryptography
internal import Primitives

/// A small page of the gateway: complete in itself, loads nothing, and its policy names its own style and script by
/// their hashes (Content Security Policy Level 3, section 2.3.1).
struct Page: Sendable {
    let html: String
    let contentSecurity: String

    /// - Parameters:
    ///   - title: plain text.
    ///   - main: HTML; what comes from elsewhere is to be escaped by `escape`.
    ///   - script: runs at the end of the page.
    ///   - directives: what the script needs beside, such as `connect-src 'self'`.
    init(title: String, main: String, script: String? = nil, directives: [String] = []) {
        let scriptElement = script.map { "<script>\($0)</script>" } ?? ""
        html = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(Self.escape(title))</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <main>
            \(main)
            </main>
            \(scriptElement)
            </body>
            </html>

            """
        var policy = [
            "default-src 'none'", "style-src \(Self.source(Self.style))", "base-uri 'none'", "form-action 'none'",
            "frame-ancestors 'none'",
        ]
        if let script { policy.append("script-src \(Self.source(script))") }
        contentSecurity = (policy + directives).joined(separator: "; ")
    }

    private static let style = """
        :root{color-scheme:light dark}
        body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:40rem;padding:2rem 1rem}
        code{font-family:ui-monospace,monospace}
        button,input{font:inherit;padding:.5rem 1rem}
        dt{font-weight:600;margin-top:1rem}
        dd{margin:0}
        """

    /// `'sha256-…'` in the alphabet of RFC 4648, section 4, with padding.
    private static func source(_ text: String) -> String {
        let digest = Base64URL.encode(SHA256.hash(text)).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        return "'sha256-\(String(digest))='"
    }

    static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
