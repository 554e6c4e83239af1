internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

/// Ends the caller's session: in the database first, then in every process.
struct LogoutHandler: Handler {
    typealias Operation = Logout
    let parts: AuthParts

    func handle(_ input: Logout.Input, _ call: Call<Anyone>) async throws -> Logout.Output {
        if let caller = call.facts.context.account {
            try await parts.end(caller.session, of: caller.id, .logout, .logout, call.facts)
        } else if let token = input.refreshCookie.flatMap(parts.refreshTokens.decode) {
            try await end(token, call.facts)
        } else if input.refreshCookie == nil {
            throw Problem(.unauthenticated)
        }
        return Logout.Output(endsCookies: input.refreshCookie != nil)
    }

    /// The newest token of a session, or the one before it, may end it; an older one is nobody's any more.
    private func end(_ token: RefreshToken, _ facts: CallFacts) async throws {
        let state = try await parts.sessions.state(of: token.session, at: parts.clock.now, in: parts.database)
        guard let state, !state.standing.isRevoked, token.generation >= state.standing.generation - 1 else { return }
        try await parts.end(token.session, of: state.grant.account, .logout, .logout, facts)
    }
}

/// Ends every session of the caller. With `keepCurrent` the others are revoked one by one; without it the account's
/// epoch grows, which ends every access token at once, even one whose session is not known any more.
struct LogoutEverywhereHandler: Handler {
    typealias Operation = LogoutEverywhere
    let parts: AuthParts

    func handle(_ input: LogoutEverywhere.Input, _ call: Call<SignedIn>) async throws -> Nothing {
        let (account, current) = (call.caller.id, call.caller.account.session)
        let now = parts.clock.now
        let revocations = try await parts.database.transaction { transaction in
            // The account before its sessions, as every transaction that locks both.
            let epoch =
                input.keepCurrent ? nil : try await parts.accounts.raiseEpoch(of: account, at: now, in: transaction)
            let ended = try await parts.sessions.revokeAll(
                of: account, but: input.keepCurrent ? current : nil, .logoutEverywhere, at: now, in: transaction)
            var revocations: [Revocation] = []
            if input.keepCurrent {
                revocations = try await parts.revocations.record(sessions: ended, at: now, in: transaction)
            } else if let epoch {
                revocations = [
                    try await parts.revocations.record(account: account, epoch: epoch, at: now, in: transaction)
                ]
            }
            let entry = AuditEntry(
                .logoutEverywhere, .success, actor: account, subject: account, facts: call.facts,
                detail: ["kept-current": String(input.keepCurrent), "sessions": String(ended.count)])
            try await parts.audit.append(entry, at: now, in: transaction)
            return revocations
        }
        await parts.publisher.publish(revocations)
        return Nothing()
    }
}

/// Ends one of the caller's sessions. One that has ended already is as good; another's is not there.
struct RevokeSessionHandler: Handler {
    typealias Operation = RevokeSession
    let parts: AuthParts

    func handle(_ input: RevokeSession.Input, _ call: Call<SignedIn>) async throws -> Nothing {
        let account = call.caller.id
        let isEnded = try await parts.end(
            input.session, of: account, .revokedByOwner, .revokeSession, call.facts)
        if isEnded { return Nothing() }
        let isOwn = try await parts.sessions.belongs(input.session, to: account, in: parts.database)
        guard isOwn else { throw Rejection(RevokeSession.Failure.notFound) }
        return Nothing()
    }
}

extension AuthParts {
    /// Ends a session of `account`, in the database and then everywhere.
    ///
    /// - Returns: false where the account has no such session that lives.
    @discardableResult
    fileprivate func end(
        _ session: SessionID, of account: AccountID, _ reason: RevocationReason, _ action: AuditAction,
        _ facts: CallFacts
    ) async throws -> Bool {
        let now = clock.now
        let revocations = try await database.transaction { transaction -> [Revocation] in
            guard try await sessions.revoke(session, of: account, reason, at: now, in: transaction) else { return [] }
            let revocations = try await self.revocations.record(sessions: [session], at: now, in: transaction)
            let entry = AuditEntry(
                action, .success, actor: account, subject: account, facts: facts,
                detail: ["session": session.description])
            try await audit.append(entry, at: now, in: transaction)
            return revocations
        }
        await publisher.publish(revocations)
        return !revocations.isEmpty
    }
}
