internal import JSON
package import Primitives

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
    /// When it became due: a link counts from here, and the newest order's link is the one that works.
    package let at: Timestamp

    package init(reason: MailReason, emailKey: String, at: Timestamp) {
        self.reason = reason
        self.emailKey = emailKey
        self.at = at
    }

    /// What to send to an account, or nothing.
    package func template(isVerified: Bool) -> MailTemplate? {
        switch reason {
        case .registered, .resend: isVerified ? nil : .verifyEmail
        case .registeredAgain: isVerified ? .accountExists : .verifyEmail
        case .sessionReused: .sessionEnded
        }
    }

    /// `{"reason":"…","email":"…","at":<microseconds since 1970>}`
    package var payload: [UInt8] {
        JSONWriter.object { json in
            json.member("reason", string: reason.rawValue)
            json.member("email", string: emailKey)
            json.member("at", integer: at.microseconds)
        }
    }

    /// Reads a job's payload; nil where it is none of ours.
    package init?(payload: [UInt8]) {
        guard case .object(let object)? = try? JSONValue.parse(payload),
            let reason = object["reason"]?.string.flatMap(MailReason.init(rawValue:)),
            let emailKey = object["email"]?.string, let at = object["at"]?.integer
        else { return nil }
        self.init(reason: reason, emailKey: emailKey, at: Timestamp(microseconds: at))
    }
}
