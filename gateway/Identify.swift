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
    func identify(
        _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ story: inout RequestStory
    ) async throws(Problem) -> VerifiedToken? {
        defer { story.finish("identify") }
        guard let credential = try BearerCredential.read(exchange.head.fields) else {
            guard endpoint.access == .anyone else { throw Problem(.unauthenticated) }
            return nil
        }
        let token = try await verified(credential, exchange, &story)
        story.caller = .account
        try requirePermission(token, endpoint)
        try requireFreshRevocations(token, endpoint)
        return token
    }

    private func verified(
        _ credential: String, _ exchange: ServerExchange, _ story: inout RequestStory
    ) async throws(Problem) -> VerifiedToken {
        let verdict: TokenVerifier.Verdict
        if let recalled = tokens.recall(credential) {
            verdict = recalled
        } else {
            try await limits.requireRoomForCredential(from: exchange.connection.peer, &story)
            verdict = await tokens.verify(credential)
        }
        switch verdict {
        case .good(let token): return token
        case .refused(let reason, let isForgery):
            story.detail = "token: \(reason)"
            if isForgery { try await limits.chargeInvalidCredential(from: exchange.connection.peer, &story) }
            throw Problem(.accessTokenInvalid)
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
