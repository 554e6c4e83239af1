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

    /// Adds the class's policy, and as `RateLimit` what remains and in how many seconds all of it is back.
    func tell(_ fields: inout HeaderFields) {
        fields.append("ratelimit-policy", rule.policyField)
        let bytesMax = rule.name.utf8CodeUnitCount + 8 + 2 * OutputSpan<UInt8>.decimalBytesMax
        fields.append("ratelimit", bytesMax: bytesMax) { text in
            text.append(UInt8(ascii: "\""))
            text.append(text: rule.name)
            text.append(text: "\";r=")
            text.append(decimal: max(0, decision.remaining))
            text.append(text: ";t=")
            text.append(decimal: decision.resetAfter.secondsRoundedUp)
        }
    }
}

/// Counts calls in the rate classes.
struct RateGate: Sendable {
    let classes: RateClasses
    let tiers: RateTiers
    let limiter: RateLimiter
    let loads: AddressLoads

    func charge(_ rule: RateRule, _ demand: RateDemand) async -> Allowance {
        if let decision = limiter.decideAtOnce(demand, counting: rule.counting) {
            return Allowance(rule: rule, decision: decision)
        }
        return Allowance(rule: rule, decision: await limiter.decide([demand], counting: rule.counting))
    }

    /// As `charge`, for a phase, which it ends.
    // Inlined, since it nearly always decides at once: a call that may wait costs more than that.
    @inline(__always)
    func charge(
        _ rule: RateRule, _ demand: RateDemand, in phase: StaticString, _ story: inout RequestStory
    ) async -> Allowance {
        if let decision = limiter.decideAtOnce(demand, counting: rule.counting, now: story.now.onMonotonicClock) {
            story.finishAtOnce(phase)
            return Allowance(rule: rule, decision: decision)
        }
        let decision = await limiter.decide([demand], counting: rule.counting)
        story.finish(phase)
        return Allowance(rule: rule, decision: decision)
    }

    /// Refuses an address that has sent too many bad credentials, before a signature is looked at for it.
    func requireRoomForCredential(from peer: PeerAddress, _ story: inout RequestStory) async throws(Problem) {
        let rule = classes.invalidCredentials
        // A cost of nothing only looks.
        guard await charge(rule, rule.demand(of: peer.limitSubject, cost: 0)).decision.remaining < 1 else { return }
        try await chargeInvalidCredential(from: peer, &story)
    }

    func chargeInvalidCredential(from peer: PeerAddress, _ story: inout RequestStory) async throws(Problem) {
        let rule = classes.invalidCredentials
        try await charge(rule, rule.demand(of: peer.limitSubject)).requireUntold(&story)
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
    /// Before anything is looked at: has this address too much in flight? What was begun ends with `release`.
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

    /// Before anything is done: how much does this address ask?
    @inline(__always)
    func limitConnection(_ exchange: ServerExchange, _ story: inout RequestStory) async throws(Problem) {
        let rule = limits.classes.connection
        let demand = rule.demand(of: exchange.connection.peer.limitSubject)
        let allowance = await limits.charge(rule, demand, in: "connection", &story)
        try allowance.require(&story)
    }

    /// Is the call within its class's limit? By principal where there is one, else by address; sign-ins by address.
    @inline(__always)
    func limit(
        _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ caller: VerifiedToken?, _ story: inout RequestStory
    ) async throws(Problem) {
        guard let rule = limits.tiers.rule(endpoint.rate, of: caller) else { return story.finishAtOnce("limit") }
        let principal = rule.isByAddress ? nil : caller?.limitKey
        let demand = rule.demand(of: principal ?? exchange.connection.peer.limitSubject, cost: endpoint.cost)
        let allowance = await limits.charge(rule, demand, in: "limit", &story)
        try allowance.require(&story)
    }
}

extension Duration {
    fileprivate var secondsRoundedUp: Int64 { (wholeMilliseconds + 999) / 1000 }
}
