package import Primitives

/// A mail that a program sends to one person.
package struct MailMessage: Sendable {
    /// Names the mail for all time. Keep it over retries: mailboxes drop a second one with the same name.
    package let id: UUIDv7
    package let date: Timestamp
    package let from: MailAddress
    package let to: MailAddress
    package let subject: String
    package let text: String
    package let html: String?

    /// Refuses a subject with control characters and parts beyond `MailLimits`.
    package init(
        id: UUIDv7 = UUIDv7(), date: Timestamp = .now, from: MailAddress, to: MailAddress, subject: String,
        text: String, html: String? = nil
    ) throws(MailFailure) {
        guard subject.utf8.count <= MailLimits.subjectBytesMax, isPrintable(subject) else {
            throw MailFailure(.invalid, "the subject is too long or has control characters")
        }
        guard text.utf8.count <= MailLimits.bodyBytesMax, (html?.utf8.count ?? 0) <= MailLimits.bodyBytesMax else {
            throw MailFailure(.invalid, "the body is too long")
        }
        self.id = id
        self.date = date
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.html = html
    }

    /// The mail as it is sent (RFC 5322, RFC 2045), without the envelope and SMTP's dot-stuffing.
    package func render() -> [UInt8] {
        let domain = from.address.split(separator: "@")[1]
        var headers = [
            "Date: \(Self.mailDate(date))",
            "Message-ID: <\(id)@\(domain)>",
            "From: \(from.headerValue)",
            "To: \(to.headerValue)",
            "Subject: \(EncodedWord.isNeeded(for: subject) ? EncodedWord.encode(subject) : subject)",
            // RFC 3834, section 5: nobody's absence note answers a machine.
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
        ]
        guard let html else {
            return Self.part(headers, "text/plain", text)
        }
        // "=_" cannot occur in a quoted-printable body.
        let boundary = "=_\(id)"
        headers.append("Content-Type: multipart/alternative; boundary=\"\(boundary)\"")
        var bytes = Self.lines(headers + ["", "--\(boundary)"])
        bytes += Self.part([], "text/plain", text)
        bytes += Self.lines(["--\(boundary)"])
        bytes += Self.part([], "text/html", html)
        bytes += Self.lines(["--\(boundary)--"])
        return bytes
    }

    private static func part(_ headers: [String], _ type: String, _ body: String) -> [UInt8] {
        let own = ["Content-Type: \(type); charset=utf-8", "Content-Transfer-Encoding: quoted-printable", ""]
        return lines(headers + own) + QuotedPrintable.encode(body)
    }

    private static func lines(_ lines: [String]) -> [UInt8] {
        Array(lines.map { $0 + "\r\n" }.joined().utf8)
    }

    /// RFC 5322, section 3.3: `Fri, 15 Jan 2027 08:00:00 +0000`.
    private static func mailDate(_ date: Timestamp) -> String {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let text = date.description
        func field(_ start: Int, _ count: Int) -> Substring {
            text.dropFirst(start).prefix(count)
        }
        let days = Int(date.seconds >= 0 ? date.seconds / 86_400 : (date.seconds - 86_399) / 86_400)
        let weekday = weekdays[(days % 7 + 7) % 7]
        let month = months[((Int(field(5, 2)) ?? 1) - 1) % 12]
        return "\(weekday), \(field(8, 2)) \(month) \(field(0, 4)) \(field(11, 8)) +0000"
    }
}
