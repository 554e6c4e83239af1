internal import Contract
internal import Cryptography
internal import Postgres
internal import Primitives
internal import Protocol

/// Starts an account, or tells the owner of a known address by mail. The work and the answer are the same either way:
/// one hash, one transaction, one job.
///
/// An account that is verified is never changed here; its owner gets a mail that says so. One that is not yet gets a
/// verification mail of its own for each registration, and following it makes that registration's password the
/// account's: whoever came first does not choose it.
struct RegisterHandler: Handler {
    typealias Operation = Register
    let parts: AuthParts

    func handle(_ input: Register.Input, _ call: Call<Anyone>) async throws -> Acceptance {
        let faults = parts.passwordRules.faults(
            of: input.password, email: input.email, displayName: input.displayName,
            serviceName: parts.configuration.serviceName)
        guard faults.isEmpty else { throw Rejection(Register.Failure.weakPassword, errors: faults) }
        let now = parts.clock.now
        let account = Account(
            id: AccountID(UUIDv7(at: now)), email: input.email.text, emailKey: input.email.key, emailVerifiedAt: nil,
            displayName: input.displayName, locale: input.locale,
            roles: [parts.configuration.newAccountRole.rawValue], status: .active, epoch: 1, createdAt: now)
        let hash = try await hash(Secret(input.password))
        // Asked in every case, so that asking takes as long, and behind the hash, which it cannot spare: a new account
        // is made and gets its mail whatever the answer, since it can be made only once and others must not be able to
        // use its address' share up, and a known one must not be told from it. Where no hash can be made, nothing of
        // the share is spent. What bounds the hashes is the gateway's limit by the client's address, and the pool.
        let mayMail = await parts.mail.mayMail(account.emailKey, from: .requested, call.facts)
        try await store(account, hash, mayMail: mayMail, call.facts, at: now)
        return Acceptance()
    }

    private func hash(_ password: Secret<String>) async throws -> Secret<String> {
        do throws(PasswordHasherFailure) {
            return try await parts.passwords.hash(password)
        } catch {
            guard error.isBusy else { throw error }
            throw Rejection(Register.Failure.busy, retryAfter: .seconds(1))
        }
    }

    private func store(
        _ account: Account, _ hash: Secret<String>, mayMail: Bool, _ facts: CallFacts, at now: Timestamp
    ) async throws {
        try await parts.database.transaction { transaction in
            let isNew = try await parts.accounts.insert(account, in: transaction)
            let known = isNew ? account : try await parts.accounts.find(emailKey: account.emailKey, in: transaction)
            let password = parts.passwords.seal(hash: hash, for: known?.id ?? account.id)
            if isNew {
                try await parts.accounts.insertCredential(of: account.id, password: password, at: now, in: transaction)
                if !parts.configuration.requiresVerifiedEmail {
                    try await account.announce(in: transaction, facts, at: now)
                }
            }
            if isNew || mayMail {
                if let known, known.emailVerifiedAt == nil {
                    try await parts.registrations.put(password, of: known.id, madeAt: now, in: transaction)
                }
                let reason: MailReason = isNew ? .registered : .registeredAgain
                let order = MailOrder(reason: reason, emailKey: account.emailKey, at: now)
                try await parts.mail.enqueue(order, in: transaction)
            }
            let entry = AuditEntry(
                .register, isNew ? .success : .known, subject: isNew ? account.id : nil, facts: facts)
            try await parts.audit.append(entry, at: now, in: transaction)
        }
    }
}
