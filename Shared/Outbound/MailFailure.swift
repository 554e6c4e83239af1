/// Why a mail was not made or not taken by the server.
package struct MailFailure: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The message or the configuration is wrong: it would never be sent. No server was asked.
        case invalid
        /// Another try may succeed: no connection, a slow server, SMTP 4yz, a refused log-in.
        case temporary
        /// The server refused this message for good: SMTP 5yz (RFC 5321, section 4.2.1).
        case permanent
    }

    package let kind: Kind
    /// The server's last reply, where there was one.
    package let smtpCode: Int?
    /// For the log. Holds neither addresses nor text of the message nor credentials.
    package let detail: String

    package init(_ kind: Kind, smtpCode: Int? = nil, _ detail: String) {
        self.kind = kind
        self.smtpCode = smtpCode
        self.detail = detail
    }

    /// Whether a queue should try again later.
    package var isRetryable: Bool { kind == .temporary }
}

extension MailFailure: CustomStringConvertible {
    package var description: String { "mail \(kind)\(smtpCode.map { " (SMTP \($0))" } ?? ""): \(detail)" }
}
