internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

struct VerifyEmailHandler: Handler {
    typealias Operation = VerifyEmail
    let parts: AuthParts

    func handle(_ input: VerifyEmail.Input, _ call: Call<Anyone>) async throws -> Nothing {
        guard let token = LinkToken(input.token) else { throw Rejection(VerifyEmail.Failure.tokenInvalid) }
        let now = parts.clock.now
        let isVerified = try await parts.database.transaction { transaction in
            guard let link = try await parts.links.redeem(token, .verifyEmail, at: now, in: transaction) else {
                return false
            }
            let isCurrent = try await parts.accounts.verify(
                link.account, emailKey: link.emailKey, at: now, in: transaction)
            guard isCurrent else { return false }
            try await parts.registrations.settle(link.account, linkMadeAt: link.madeAt, at: now, in: transaction)
            let entry = AuditEntry(
                .verifyEmail, .success, actor: link.account, subject: link.account, facts: call.facts)
            try await parts.audit.append(entry, at: now, in: transaction)
            return true
        }
        guard isVerified else { throw Rejection(VerifyEmail.Failure.tokenInvalid) }
        return Nothing()
    }
}

/// Queues the mail for any address, known or not, so that neither answer nor time tells; what is sent is decided later.
struct ResendVerificationHandler: Handler {
    typealias Operation = ResendVerification
    let parts: AuthParts

    func handle(_ input: ResendVerification.Input, _ call: Call<Anyone>) async throws -> Acceptance {
        let now = parts.clock.now
        if await parts.mail.mayMail(input.email.key) {
            try await parts.database.transaction { transaction in
                try await parts.mail.enqueue(
                    MailOrder(reason: .resend, emailKey: input.email.key, at: now), in: transaction)
            }
        }
        return Acceptance()
    }
}
