internal import JSON

/// Why a mail is to be sent, as a job keeps it: what is sent is decided when it is sent, by what the account is then.
package enum MailReason: String, Sendable, CaseIterable {
    /// A new account.
    case registered
    /// Someone registered with an address that has an account.
    case registeredAgain = "registered-again"
    /// Someone asked for the verification mail again.
    case resend
    /// A replayed refresh token ended a session.
    case sessionReused = "session-reused"
}

/// The kinds of mail.
package enum MailTemplate: Sendable, Hashable {
    /// With the link that verifies the address.
    case verifyEmail
    case accountExists
    case sessionEnded
}

/// A mail that is due, without the token of its link: no job holds a secret.
package struct MailOrder: Sendable, Hashable {
    package let reason: MailReason
    /// Whom it is for: by address, since a job must look the same whether or not the address has an account.
    package let emailKey: String

    package init(reason: MailReason, emailKey: String) {
        self.reason = reason
        self.emailKey = emailKey
    }

    /// What to send to an account, or nothing.
    package func template(isVerified: Bool) -> MailTemplate? {
        switch reason {
        case .registered, .resend: isVerified ? nil : .verifyEmail
        case .registeredAgain: isVerified ? .accountExists : .verifyEmail
        case .sessionReused: .sessionEnded
        }
    }

    /// `{"reason":"…","email":"…"}`
    package var payload: [UInt8] {
        JSONWriter.object { json in
            json.member("reason", string: reason.rawValue)
            json.member("email", string: emailKey)
        }
    }

    /// Reads a job's payload; nil where it is none of ours.
    package init?(payload: [UInt8]) {
        guard case .object(let object)? = try? JSONValue.parse(payload),
            let reason = object["reason"]?.string.flatMap(MailReason.init(rawValue:)),
            let emailKey = object["email"]?.string
        else { return nil }
        self.init(reason: reason, emailKey: emailKey)
    }
}
