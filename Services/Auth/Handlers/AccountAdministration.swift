internal import Contract
internal import Ledger
internal import Postgres
internal import Primitives
internal import Protocol

struct ReadAnyAccountHandler: Handler {
    typealias Operation = ReadAnyAccount
    let parts: AuthParts

    func handle(
        _ input: ReadAnyAccount.Input, _ call: Call<Permitted<AdministerAccounts>>
    ) async throws -> AccountView {
        guard let account = try await parts.accounts.read(input.account, in: parts.database) else {
            throw Rejection(ReadAnyAccount.Failure.notFound)
        }
        return account.view
    }
}

/// Closes an account: account, sessions, revocation, event and audit in one transaction. Done twice it is done once.
struct DisableAccountHandler: KeyedHandler {
    typealias Operation = DisableAccount
    let parts: AuthParts

    func handle(
        _ input: DisableAccount.Input, _ call: Call<Permitted<AdministerAccounts>>, in transaction: Transaction
    ) async throws -> AccountView {
        guard input.account != call.caller.id else { throw Rejection(DisableAccount.Failure.ownAccount) }
        guard let account = try await disable(input, call, in: transaction) else {
            throw Rejection(DisableAccount.Failure.notFound)
        }
        return account.view
    }

    func committed() async { await parts.pushRevocations() }

    private func disable(
        _ input: DisableAccount.Input, _ call: Call<Permitted<AdministerAccounts>>, in transaction: Transaction
    ) async throws -> Account? {
        let (id, now) = (input.account, parts.clock.now)
        guard let account = try await parts.accounts.change(id, to: .disabled, at: now, in: transaction) else {
            return try await parts.accounts.read(id, in: transaction)
        }
        let ended = try await parts.sessions.revokeAll(
            of: id, but: nil, .accountDisabled, at: now, in: transaction)
        _ = try await parts.revocations.record(account: id, epoch: account.epoch, at: now, in: transaction)
        try await Outbox.append(
            AccountDisabled.self, AccountDisabled.Payload(account: id, epoch: account.epoch, at: now),
            in: transaction, requestID: call.facts.requestID, at: now)
        var detail = ["sessions": String(ended.count)]
        detail["reason"] = input.reason
        let entry = AuditEntry(
            .disableAccount, .success, actor: call.caller.id, subject: id, facts: call.facts, detail: detail)
        try await parts.audit.append(entry, at: now, in: transaction)
        return account
    }
}

struct EnableAccountHandler: KeyedHandler {
    typealias Operation = EnableAccount
    let parts: AuthParts

    func handle(
        _ input: EnableAccount.Input, _ call: Call<Permitted<AdministerAccounts>>, in transaction: Transaction
    ) async throws -> AccountView {
        guard let account = try await enable(input, call, in: transaction) else {
            throw Rejection(EnableAccount.Failure.notFound)
        }
        return account.view
    }

    /// The epoch grows here too, since consumers order what they hear of an account by it.
    private func enable(
        _ input: EnableAccount.Input, _ call: Call<Permitted<AdministerAccounts>>, in transaction: Transaction
    ) async throws -> Account? {
        let (id, now) = (input.account, parts.clock.now)
        guard let account = try await parts.accounts.change(id, to: .active, at: now, in: transaction) else {
            return try await parts.accounts.read(id, in: transaction)
        }
        try await Outbox.append(
            AccountEnabled.self, AccountEnabled.Payload(account: id, epoch: account.epoch, at: now),
            in: transaction, requestID: call.facts.requestID, at: now)
        var detail: [String: String] = [:]
        detail["reason"] = input.reason
        let entry = AuditEntry(
            .enableAccount, .success, actor: call.caller.id, subject: id, facts: call.facts, detail: detail)
        try await parts.audit.append(entry, at: now, in: transaction)
        return account
    }
}

/// Erases an account at once. Its address may be registered again, as another account.
struct DeleteAccountHandler: Handler {
    typealias Operation = DeleteAccount
    let parts: AuthParts

    func handle(_ input: DeleteAccount.Input, _ call: Call<Permitted<AdministerAccounts>>) async throws -> Nothing {
        let id = input.account
        guard id != call.caller.id else { throw Rejection(DeleteAccount.Failure.ownAccount) }
        let isErased = try await parts.database.transaction(attemptsMax: 3) { transaction in
            let now = parts.clock.now
            guard let epoch = try await parts.accounts.erase(id, at: now, in: transaction) else { return false }
            _ = try await parts.revocations.record(account: id, epoch: epoch + 1, at: now, in: transaction)
            try await Outbox.append(
                AccountDeleted.self, AccountDeleted.Payload(account: id, at: now), in: transaction,
                requestID: call.facts.requestID, at: now)
            let entry = AuditEntry(.eraseAccount, .success, actor: call.caller.id, subject: id, facts: call.facts)
            try await parts.audit.append(entry, at: now, in: transaction)
            return true
        }
        await parts.pushRevocations()
        guard isErased else { throw Rejection(DeleteAccount.Failure.notFound) }
        return Nothing()
    }
}

extension AuthParts {
    /// Pushes what was recorded. What fails here is made up for by the publisher's own loop, well within a second.
    fileprivate func pushRevocations() async {
        _ = try? await publisher.publishPending()
    }
}
