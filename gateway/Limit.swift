internal import Contract
internal import HTTP
internal import Primitives
internal import RateLimiting
internal import Redis
internal import Transport

/// What is left to a caller of its rate class, as the answer's headers tell it.
struct Allowance: Sendable {
    let rule: RateRule
    let decision: RateDecision

    /// `RateLimit`: what remains, and in how many seconds all of it is back.
    var field: String {
        "\"\(rule.name)\";r=\(max(0, decision.remaining));t=\(decision.resetAfter.secondsRoundedUp)"
    }
}

/// Counts calls in the rate classes.
struct RateGate: Sendable {
    let classes: RateClasses
    let tiers: RateTiers
    let limiter: RateLimiter
    let loads: AddressLoads

    func charge(_ rule: RateRule, _ subject: String, cost: Int64 = 1) async -> Allowance {
        let demand = RateDemand(key: rule.keyPrefix + subject, limit: rule.limit, cost: cost)
        if let decision = limiter.decideAtOnce(demand, counting: rule.counting) {
            return Allowance(rule: rule, decision: decision)
        }
        return Allowance(rule: rule, decision: await limiter.decide([demand], counting: rule.counting))
    }

    /// Refuses an address that has sent too many bad credentials, before a signature is looked at for it.
    func requireRoomForCredential(from peer: PeerAddress, _ story: inout RequestStory) async throws(Problem) {
        let rule = classes.invalidCredentials
        // A cost of nothing only looks.
        guard await charge(rule, peer.limitSubject, cost: 0).decision.remaining < 1 else { return }
        try await chargeInvalidCredential(from: peer, &story)
    }

    func chargeInvalidCredential(from peer: PeerAddress, _ story: inout RequestStory) async throws(Problem) {
        try await charge(classes.invalidCredentials, peer.limitSubject).requireUntold(&story)
    }
}

extension Allowance {
    /// Refuses what is beyond the limit, and has the answer tell what is left.
    func require(_ story: inout RequestStory) throws(Problem) {
        story.allowance = self
        guard !decision.isAllowed else { return }
        story.limit = rule.name
        throw Problem(.rateLimited, retryAfter: decision.retryAfter)
    }

    /// As `require`, for a class that clients hear of only when it refuses them.
    func requireUntold(_ story: inout RequestStory) throws(Problem) {
        if !decision.isAllowed { try require(&story) }
    }
}

extension Pipeline {
    /// Before anything is done: has this address too much in flight? What was begun ends with `release`.
    func begin(_ exchange: ServerExchange, _ story: inout RequestStory) throws(Problem) {
        story.place = limits.loads.begin(exchange.connection.peer)
        guard story.place == nil else { return }
        story.limit = "requests-per-address"
        throw Problem(
            .rateLimited, detail: "Too many requests of this address are being answered.", retryAfter: .seconds(1))
    }

    /// The request is in flight no more: it is answered, or goes on for as long as its client.
    func release(_ story: inout RequestStory) {
        guard let place = story.place else { return }
        story.place = nil
        limits.loads.end(place)
    }

    /// Before anything is looked at: how much does this address ask?
    func limitConnection(_ exchange: ServerExchange, _ story: inout RequestStory) async throws(Problem) {
        let allowance = await limits.charge(limits.classes.connection, exchange.connection.peer.limitSubject)
        story.finish("connection")
        try allowance.require(&story)
    }

    /// Is the call within its class's limit? By principal where there is one, else by address; sign-ins by address.
    func limit(
        _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ caller: VerifiedToken?, _ story: inout RequestStory
    ) async throws(Problem) {
        defer { story.finish("limit") }
        guard let rule = limits.tiers.rule(endpoint.rate, of: caller) else { return }
        let principal = rule.isByAddress ? nil : caller?.limitKey
        let subject = principal ?? exchange.connection.peer.limitSubject
        let allowance = await limits.charge(rule, subject, cost: endpoint.cost)
        try allowance.require(&story)
    }
}

extension PeerAddress {
    /// What limits count an anonymous caller by.
    var limitSubject: String { "address:" + limitText }
}

extension Duration {
    fileprivate var secondsRoundedUp: Int64 { (wholeMilliseconds + 999) / 1000 }
}
