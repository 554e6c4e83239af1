/// The words of a mail, as plain text and as HTML.
package struct MailText: Sendable, Hashable {
    package let subject: String
    package let text: String
    package let html: String

    /// - Parameters:
    ///   - serviceName: what the suite calls itself.
    ///   - publicURL: without a slash at its end.
    ///   - token: of the link, where the mail has one. It travels in the fragment, which browsers send to nobody; the
    ///     page that opens posts it.
    package init(_ template: MailTemplate, serviceName: String, publicURL: String, token: String?) {
        switch template {
        case .verifyEmail:
            self.init(
                subject: "Confirm your address for \(serviceName)",
                paragraphs: [
                    "Someone, most likely you, started an account at \(serviceName) with this address.",
                    "To confirm that the address is yours, open this link within a day:",
                ],
                link: "\(publicURL)/verify#token=\(token ?? "")", linkTitle: "Confirm the address",
                closing: "If it was not you, do not open the link: without it nobody can use the address.")
        case .accountExists:
            self.init(
                subject: "You already have an account at \(serviceName)",
                paragraphs: [
                    "Someone, most likely you, tried to register at \(serviceName) with this address.",
                    "There is an account with it already, so nothing was changed. Sign in with its password here:",
                ],
                link: publicURL, linkTitle: "Go to \(serviceName)",
                closing: "If it was not you, there is nothing to do.")
        case .sessionEnded:
            self.init(
                subject: "We signed a device out of \(serviceName)",
                paragraphs: [
                    "A sign-in of yours at \(serviceName) was used from two places at once, which can mean that it was "
                        + "copied. To be safe we ended it; your other devices stay signed in.",
                    "You can sign in again here:",
                ],
                link: publicURL, linkTitle: "Go to \(serviceName)",
                closing: "If you do not know why this happened, change your password.")
        }
    }

    private init(subject: String, paragraphs: [String], link: String, linkTitle: String, closing: String) {
        self.subject = subject
        text = (paragraphs + [link, closing]).joined(separator: "\n\n") + "\n"
        let opening = paragraphs.map { "<p>\(Self.escaped($0))</p>" }.joined(separator: "\n")
        html = """
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>\(Self.escaped(subject))</title></head>
            <body>
            \(opening)
            <p><a href="\(Self.escaped(link))">\(Self.escaped(linkTitle))</a></p>
            <p>\(Self.escaped(link))</p>
            <p>\(Self.escaped(closing))</p>
            </body>
            </html>

            """
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
