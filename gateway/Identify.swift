internal import Contract
internal import HTTP
internal import Primitives
internal import RateLimiting
internal import ServiceKit
internal import Telemetry
internal import Transport

extension Pipeline {
    /// Age from which a token must be known not to be revoked before it may change something.
    private static let unheardTokenAgeMax: Duration = .seconds(60)
    /// Silence of Redis and auth together from which revocations may be missed: what the feed itself takes to notice
    /// (`RevocationFeed.silenceMax`) and to ask auth instead.
    private static let silenceMax: Duration = RevocationFeed.silenceMax + .seconds(3)

    /// Who calls, and may they call this? Nil for an anonymous caller.
    // Inlined, so that anonymous calls are no calls that may wait.
    @inline(__always)
    func identify(
        _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ story: inout RequestStory
    ) async throws(Problem) -> VerifiedToken? {
        guard let credential = try credential(exchange, endpoint, &story) else { return nil }
        if let token = try known(credential, exchange, endpoint, &story) { return token }
        return try await identify(credential, exchange, endpoint, &story)
    }

    /// Whose token this is, where the connection has shown it before; nil where it is to be looked at.
    private func known(
        _ credential: Credential, _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ story: inout RequestStory
    ) throws(Problem) -> VerifiedToken? {
        guard case .bearer(let bytes) = credential, let shown = exchange.note as? ShownToken, shown.matches(bytes)
        else { return nil }
        guard case .good(let token) = tokens.recall(shown.verified) else {
            exchange.note = nil
            return nil
        }
        story.finishAtOnce("identify")
        try admit(token, .account, endpoint, &story)
        return token
    }

    /// Nil where the call has no credential and needs none.
    private func credential(
        _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ story: inout RequestStory
    ) throws(Problem) -> Credential? {
        do throws(Problem) {
            if endpoint.setsCookies { try requireOwnPage(exchange.head.fields, endpoint) }
            let credential = try Credential.read(exchange.head.fields)
            guard credential == nil else { return credential }
            story.finishAtOnce("identify")
        } catch {
            story.finish("identify")
            throw error
        }
        guard endpoint.access == .anyone else { throw Problem(.unauthenticated) }
        return nil
    }

    private func identify(
        _ credential: Credential, _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ story: inout RequestStory
    ) async throws(Problem) -> VerifiedToken? {
        defer { story.finish("identify") }
        guard let token = try await caller(credential, exchange, endpoint, &story) else {
            guard endpoint.access == .anyone else { throw Problem(.unauthenticated) }
            return nil
        }
        let kind: CallerKind = if case .apiKey = credential { .apiKey } else { .account }
        try admit(token, kind, endpoint, &story)
        return token
    }

    /// May this caller call this?
    private func admit(
        _ token: VerifiedToken, _ kind: CallerKind, _ endpoint: EndpointRoute, _ story: inout RequestStory
    ) throws(Problem) {
        story.caller = kind
        try requirePermission(token, endpoint)
        try requireFreshRevocations(token, endpoint)
    }

    /// Nil where the credential is a cookie that counts for nothing here.
    private func caller(
        _ credential: Credential, _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ story: inout RequestStory
    ) async throws(Problem) -> VerifiedToken? {
        switch credential {
        case .bearer(let bytes):
            let token = String(decoding: bytes, as: UTF8.self)
            let caller: VerifiedToken
            if let verdict = tokens.recall(token) {
                caller = try await judge(verdict, exchange, &story)
            } else {
                try BearerCredential.requireTokenBytes(token)
                caller = try await verifiedAnew(token, exchange, &story)
            }
            exchange.note = ShownToken(bytes, caller)
            return caller
        case .apiKey(let key):
            let caller = try await verified(apiKey: key, exchange, &story)
            guard caller.mayBeUsed(from: exchange.connection.peer.bytes) else {
                throw Problem(.forbidden, detail: "The API key may not be used from this address.")
            }
            guard endpoint.takesAPIKeys else {
                throw Problem(.forbidden, detail: "An API key may not do this; sign in.")
            }
            return caller
        case .cookie(let token):
            return try await callerByCookie(token, exchange, endpoint, &story)
        }
    }

    func verified(
        _ credential: String, _ exchange: ServerExchange, _ story: inout RequestStory
    ) async throws(Problem) -> VerifiedToken {
        if let verdict = tokens.recall(credential) { return try await judge(verdict, exchange, &story) }
        return try await verifiedAnew(credential, exchange, &story)
    }

    private func verifiedAnew(
        _ credential: String, _ exchange: ServerExchange, _ story: inout RequestStory
    ) async throws(Problem) -> VerifiedToken {
        try await limits.requireRoomForCredential(from: exchange.connection.peer, &story)
        return try await judge(await tokens.verify(credential), exchange, &story)
    }

    private func verified(
        apiKey: String, _ exchange: ServerExchange, _ story: inout RequestStory
    ) async throws(Problem) -> VerifiedToken {
        if let verdict = apiKeys.recall(apiKey) { return try await judge(verdict, exchange, &story, .apiKeyInvalid) }
        try await limits.requireRoomForCredential(from: exchange.connection.peer, &story)
        return try await judge(await apiKeys.verify(apiKey), exchange, &story, .apiKeyInvalid)
    }

    private func judge(
        _ verdict: TokenVerifier.Verdict, _ exchange: ServerExchange, _ story: inout RequestStory,
        _ refusal: ProblemKind = .accessTokenInvalid
    ) async throws(Problem) -> VerifiedToken {
        switch verdict {
        case .good(let token): return token
        case .refused(let reason, let isForgery):
            story.detail = "credential: \(reason)"
            if isForgery { try await limits.chargeInvalidCredential(from: exchange.connection.peer, &story) }
            throw Problem(refusal)
        // A 401 would have the client throw a good token away, and count it as a forger.
        case .unknown: throw Problem(.unavailable, retryAfter: .seconds(1))
        }
    }

    private func requirePermission(_ token: VerifiedToken, _ endpoint: EndpointRoute) throws(Problem) {
        switch endpoint.access {
        case .anyone, .signedIn: break
        case .permission(let name):
            guard token.account.permissions.contains(name) else {
                throw Problem(.forbidden, detail: "The permission \(name) is needed.")
            }
        // A contract that is for services is not public, so there is no route to it.
        case .service: throw Problem(.notFound)
        }
    }

    /// While neither Redis nor auth can say what was revoked, an older token changes nothing.
    private func requireFreshRevocations(_ token: VerifiedToken, _ endpoint: EndpointRoute) throws(Problem) {
        guard !endpoint.isSafe, clock.now - token.issuedAt > Self.unheardTokenAgeMax else { return }
        if let silence = revocationSilence(), silence <= Self.silenceMax { return }
        throw Problem(.unavailable, retryAfter: .seconds(1))
    }
}
