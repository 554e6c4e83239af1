internal import Contract
internal import Cryptography
internal import Logging
internal import Postgres
internal import Primitives
internal import Protocol
internal import RateLimiting
internal import Redis

/// Signs in with address and password.
///
/// The attempt is counted before anything is looked up; then every path costs one query, one hash and one
/// transaction, and unknown, wrong, disabled and locked all end in the same 401.
struct LoginHandler: Handler {
    typealias Operation = Login
    let parts: AuthParts

    func handle(_ input: Login.Input, _ call: Call<Anyone>) async throws -> Tokens {
        let network = ClientNetwork(address: call.facts.context.clientAddress)
        let verdict = await parts.attempts.reserve(
            account: AuthParts.opaqueKey(input.email.key), address: network.narrow)
        switch verdict {
        case .refused(let retryAfter):
            parts.limits.acted("login-attempts", call.facts)
            throw Rejection(Login.Failure.rateLimited, retryAfter: retryAfter)
        case .disabled:
            parts.limits.acted("login-failures-in-a-row", call.facts)
            try await refuseDisabled(input, call.facts)
        case .allowed(let reservation):
            return try await verify(input, call.facts, network, reservation)
        }
    }

    private func refuseDisabled(_ input: Login.Input, _ facts: CallFacts) async throws -> Never {
        _ = try await hashing { () throws(PasswordHasherFailure) in
            try await parts.passwords.verifyNothing(Secret(input.password))
        }
        try await noteRefusal(of: nil, facts, failuresInARow: nil)
        throw Rejection(Login.Failure.invalidCredentials)
    }

    private func verify(
        _ input: Login.Input, _ facts: CallFacts, _ network: ClientNetwork, _ reservation: AttemptReservation
    ) async throws -> Tokens {
        let found: LoginRow?
        let key: P256PrivateKey
        let outcome: PasswordVault.Verdict
        do {
            found = try await parts.accounts.login(emailKey: input.email.key, in: parts.database)
            // Before the password counts: a sign-in that cannot be finished must not be told from a wrong one.
            key = try await parts.signingKeys.current()
            outcome = try await check(Secret(input.password), found)
        } catch {
            // The attempt was not made after all.
            await parts.attempts.released(reservation)
            throw error
        }
        guard let found, case .match(let isOutdated) = outcome else {
            let failures = await parts.attempts.failed(reservation)
            try await noteRefusal(of: found?.account.id, facts, failuresInARow: failures)
            throw Rejection(Login.Failure.invalidCredentials)
        }
        await parts.attempts.succeeded(reservation)
        if parts.configuration.requiresVerifiedEmail, found.account.emailVerifiedAt == nil {
            try await note(
                AuditEntry(.login, .unverified, actor: found.account.id, subject: found.account.id, facts: facts))
            throw Rejection(Login.Failure.emailUnverified)
        }
        if isOutdated { await renew(found, Secret(input.password)) }
        return try await start(input, found.account, facts, network, key)
    }

    /// Checks the password where there is one to check; takes as long where there is none.
    private func check(_ password: Secret<String>, _ found: LoginRow?) async throws -> PasswordVault.Verdict {
        try await hashing {
            guard let found, found.account.status == .active, !found.isPasswordDisabled else {
                return try await parts.passwords.verifyNothing(password)
            }
            return try await parts.passwords.verify(password, against: found.password, of: found.account.id)
        }
    }

    private func hashing(_ work: () async throws -> PasswordVault.Verdict) async throws -> PasswordVault.Verdict {
        do {
            return try await work()
        } catch let failure as PasswordHasherFailure where failure.isBusy {
            throw Rejection(Login.Failure.busy, retryAfter: .seconds(1))
        }
    }

    private func note(_ entry: AuditEntry) async throws {
        let now = parts.clock.now
        try await parts.database.transaction { try await parts.audit.append(entry, at: now, in: $0) }
    }

    /// Records a refusal; at the limit of failures in a row, disables the password too.
    private func noteRefusal(of account: AccountID?, _ facts: CallFacts, failuresInARow: Int64?) async throws {
        let now = parts.clock.now
        let isLast = (failuresInARow ?? 0) >= parts.configuration.limits.attempts.consecutiveFailuresMax
        try await parts.database.transaction { transaction in
            if let account, isLast,
                try await parts.accounts.disablePassword(of: account, at: now, in: transaction)
            {
                let entry = AuditEntry(.disablePassword, .success, subject: account, facts: facts)
                try await parts.audit.append(entry, at: now, in: transaction)
            }
            try await parts.audit.append(
                AuditEntry(.login, .refused, subject: account, facts: facts), at: now, in: transaction)
        }
    }

    /// Hashes and seals anew at today's cost and under today's key. Whatever goes wrong waits for the next sign-in.
    private func renew(_ found: LoginRow, _ password: Secret<String>) async {
        do {
            let sealed = try await parts.passwords.seal(password, for: found.account.id)
            try await parts.accounts.reseal(
                found.account.id, from: found.password, to: sealed, in: parts.database)
        } catch {
            parts.logger.info("a password hash was not renewed", metadata: ["reason": "\(type(of: error))"])
        }
    }

    private func start(
        _ input: Login.Input, _ account: Account, _ facts: CallFacts, _ network: ClientNetwork, _ key: P256PrivateKey
    ) async throws -> Tokens {
        let now = parts.clock.now
        let configuration = parts.configuration
        let context = facts.context
        let session = NewSession(
            id: SessionID(UUIDv7(at: now)), account: account.id,
            binding: ClientBinding(userAgent: context.userAgent, network: network), clientID: configuration.clientID,
            methods: ["pwd"], deviceLabel: input.deviceLabel, ip: context.clientAddress, userAgent: context.userAgent,
            startedAt: now, idleExpiresAt: now + configuration.refreshIdleLifetime,
            absoluteExpiresAt: now + configuration.refreshAbsoluteLifetime)
        let (owner, surplus) = try await parts.database.transaction { transaction in
            guard let owner = try await parts.sessions.insert(session, in: transaction) else {
                throw Rejection(Login.Failure.invalidCredentials)
            }
            let ended = try await parts.sessions.revokeSurplus(of: account.id, at: now, in: transaction)
            let revocations = try await parts.revocations.record(sessions: ended, at: now, in: transaction)
            let entry = AuditEntry(
                .login, .success, actor: account.id, subject: account.id, facts: facts,
                detail: ["session": session.id.description])
            try await parts.audit.append(entry, at: now, in: transaction)
            return (owner, revocations)
        }
        await parts.publisher.publish(surplus)
        let grant = SessionGrant(
            session: session.id, account: account.id, roles: owner.roles, epoch: owner.epoch,
            clientID: session.clientID, methods: session.methods, authenticatedAt: now,
            refreshExpiresAt: min(session.idleExpiresAt, session.absoluteExpiresAt))
        return parts.deliver(
            parts.issuer.tokens(for: grant, generation: 1, signedWith: key, at: now),
            asCookies: input.transport == .cookie)
    }
}
