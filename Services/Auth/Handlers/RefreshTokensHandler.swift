internal import Contract
internal import Cryptography
internal import Postgres
internal import Primitives
internal import Protocol
internal import RateLimiting
internal import Redis

/// Exchanges a refresh token: performs what `RefreshMachine` says.
struct RefreshTokensHandler: Handler {
    typealias Operation = RefreshTokens
    let parts: AuthParts

    func handle(_ input: RefreshTokens.Input, _ call: Call<Anyone>) async throws -> Tokens {
        // A forgery ends here, before anything is asked.
        guard let token = parts.refreshTokens.decode(try Self.text(of: input)) else {
            throw Rejection(RefreshTokens.Failure.invalid)
        }
        let demand = RateDemand(key: "refresh:\(token.session)", limit: parts.configuration.limits.refreshes)
        if let retryAfter = await parts.refusal(by: demand, named: "refreshes-per-session", call.facts) {
            throw Rejection(RefreshTokens.Failure.rateLimited, retryAfter: retryAfter)
        }
        // Before the rotation, so that one that cannot be answered is not made.
        let key = try await parts.signingKeys.current()
        // What came as a cookie goes back as one: a page never gets into its hands what it did not have.
        let asCookies = input.transport == .cookie || input.refreshCookie != nil
        return parts.deliver(try await exchange(token, call.facts, key), asCookies: asCookies)
    }

    private static func text(of input: RefreshTokens.Input) throws(Problem) -> String {
        switch (input.refreshToken, input.refreshCookie) {
        case (let token?, nil), (nil, let token?): return token
        case (.some, .some): throw Problem(.credentialsConflict)
        case (nil, nil):
            let fault = FieldFault(.body(pointer: "/refreshToken"), "required", "The member is missing.")
            throw Problem(inputFaults: [fault])
        }
    }

    private func exchange(_ token: RefreshToken, _ facts: CallFacts, _ key: P256PrivateKey) async throws -> Tokens {
        let now = parts.clock.now
        let binding = ClientBinding(
            userAgent: facts.context.userAgent, network: ClientNetwork(address: facts.context.clientAddress))
        var machine = RefreshMachine(
            token: token, binding: binding, grace: parts.configuration.refreshGrace, now: now)
        var action = machine.start()
        var grant: SessionGrant?
        var state: SessionState?
        while true {
            switch action {
            case .rotate:
                grant = try await parts.sessions.rotate(
                    token, binding: binding, facts: facts, at: now,
                    idleUntil: now + parts.configuration.refreshIdleLifetime, in: parts.database)
                action = machine.rotated(grant != nil)
            case .load:
                state = try await parts.sessions.state(of: token.session, at: now, in: parts.database)
                grant = state?.grant
                action = machine.loaded(state?.standing)
            case .spendReplay(let generation):
                let isSpent = try await parts.sessions.spendReplay(
                    of: token.session, generation: generation, at: now, in: parts.database)
                action = machine.spentReplay(isSpent)
            case .issue(let generation):
                guard let grant else { throw Rejection(RefreshTokens.Failure.invalid) }
                return parts.issuer.tokens(for: grant, generation: generation, signedWith: key, at: now)
            case .revoke:
                if let state { try await revoke(state, facts, at: now) }
                throw Rejection(RefreshTokens.Failure.reused)
            case .refuse(let refusal): try refuse(refusal)
            }
        }
    }

    private func refuse(_ refusal: RefreshMachine.Refusal) throws -> Never {
        switch refusal {
        case .invalid: throw Rejection(RefreshTokens.Failure.invalid)
        case .revoked: throw Rejection(RefreshTokens.Failure.revoked)
        case .reused: throw Rejection(RefreshTokens.Failure.reused)
        case .contended: throw Problem(.unavailable, retryAfter: .seconds(1))
        }
    }

    /// The token was replayed: the session ends for whoever holds it, and its owner is told.
    private func revoke(_ state: SessionState, _ facts: CallFacts, at now: Timestamp) async throws {
        let (session, account) = (state.grant.session, state.grant.account)
        let mayMail = await parts.mail.mayMail(state.emailKey, from: .notices, facts)
        let revocations = try await parts.database.transaction { transaction -> [Revocation] in
            let isFirst = try await parts.sessions.revoke(
                session, of: account, .refreshReused, at: now, in: transaction)
            guard isFirst else { return [] }
            let revocations = try await parts.revocations.record(sessions: [session], at: now, in: transaction)
            if mayMail {
                try await parts.mail.enqueue(
                    MailOrder(reason: .sessionReused, emailKey: state.emailKey, at: now), in: transaction)
            }
            let entry = AuditEntry(
                .refresh, .reused, subject: account, facts: facts, detail: ["session": session.description])
            try await parts.audit.append(entry, at: now, in: transaction)
            return revocations
        }
        await parts.publisher.publish(revocations)
    }
}
