internal import Contract
internal import Cryptography
internal import Ledger
internal import Postgres
internal import Primitives
internal import Protocol

/// Makes a registration an account.
///
/// Whoever registers an address is not thereby its owner, and the owner does not know which of several registrations a
/// link stands for. The password tells: it is asked for on the page, and here as soon as there is a choice.
struct VerifyEmailHandler: Handler {
    typealias Operation = VerifyEmail
    let parts: AuthParts

    func handle(_ input: VerifyEmail.Input, _ call: Call<Anyone>) async throws -> Nothing {
        guard let token = LinkToken(input.token) else { throw Rejection(VerifyEmail.Failure.tokenInvalid) }
        let now = parts.clock.now
        var chosen: Timestamp?
        if let password = input.password {
            guard let link = try await parts.links.find(token, .verifyEmail, at: now, in: parts.database) else {
                throw Rejection(VerifyEmail.Failure.tokenInvalid)
            }
            chosen = try await registration(of: link.account, with: Secret(password), call.facts)
        }
        // The link is used up only where all else is right.
        try await parts.database.transaction(attemptsMax: 3) { transaction in
            guard let link = try await parts.links.redeem(token, .verifyEmail, at: now, in: transaction) else {
                throw Rejection(VerifyEmail.Failure.tokenInvalid)
            }
            if chosen == nil, try await parts.registrations.areSeveral(of: link.account, in: transaction) {
                throw Rejection(VerifyEmail.Failure.passwordRequired)
            }
            // The redeemed link is locked, so that two at once do not both find it unverified.
            let account = try await parts.accounts.read(link.account, in: transaction)
            let isCurrent = try await parts.accounts.verify(
                link.account, emailKey: link.emailKey, at: now, in: transaction)
            guard let account, isCurrent else { throw Rejection(VerifyEmail.Failure.tokenInvalid) }
            try await parts.registrations.settle(
                link.account, madeUntil: chosen ?? link.madeAt, at: now, in: transaction)
            if account.emailVerifiedAt == nil {
                try await account.announce(in: transaction, call.facts, at: now)
            }
            let entry = AuditEntry(
                .verifyEmail, .success, actor: link.account, subject: link.account, facts: call.facts)
            try await parts.audit.append(entry, at: now, in: transaction)
        }
        return Nothing()
    }

    /// When the registration was made that `password` belongs to.
    private func registration(
        of account: AccountID, with password: Secret<String>, _ facts: CallFacts
    ) async throws -> Timestamp {
        for registration in try await parts.registrations.newest(of: account, in: parts.database) {
            do {
                let verdict = try await parts.passwords.verify(password, against: registration.password, of: account)
                if case .match = verdict { return registration.madeAt }
            } catch let failure as PasswordHasherFailure where failure.isBusy {
                throw Rejection(VerifyEmail.Failure.busy, retryAfter: .seconds(1))
            }
        }
        let now = parts.clock.now
        try await parts.database.transaction { transaction in
            try await parts.audit.append(
                AuditEntry(.verifyEmail, .refused, subject: account, facts: facts), at: now, in: transaction)
        }
        throw Rejection(VerifyEmail.Failure.invalidCredentials)
    }
}

/// Queues the mail for any address, known or not, so that neither answer nor time tells; what is sent is decided later.
struct ResendVerificationHandler: Handler {
    typealias Operation = ResendVerification
    let parts: AuthParts

    func handle(_ input: ResendVerification.Input, _ call: Call<Anyone>) async throws -> Acceptance {
        let now = parts.clock.now
        if await parts.mail.mayMail(input.email.key, from: .requested, call.facts) {
            try await parts.database.transaction { transaction in
                try await parts.mail.enqueue(
                    MailOrder(reason: .resend, emailKey: input.email.key, at: now), in: transaction)
            }
        }
        return Acceptance()
    }
}

extension Account {
    /// Tells other services that the account is there: as soon as its owner can sign in, so that nobody takes names
    /// with addresses that are not theirs. Told twice, where what sign-in asks for was changed in between, it is heard
    /// once.
    func announce(in transaction: Transaction, _ facts: CallFacts, at now: Timestamp) async throws(PostgresFailure) {
        let payload = AccountRegistered.Payload(
            account: id, displayName: displayName, locale: locale, registeredAt: createdAt)
        try await Outbox.append(
            AccountRegistered.self, payload, in: transaction, requestID: facts.requestID, at: now)
    }
}
