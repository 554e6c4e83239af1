internal import Contract
internal import HTTP
internal import Primitives
internal import ServiceKit
internal import Telemetry
internal import Transport

/// What happens to every request, in order. The phases are functions of this type, one file for each; a phase that says
/// no throws the `Problem` that is the answer, and a later phase gets what an earlier one has proven.
// A class: its parts are many, and each phase reads few of them.
final class Pipeline: RequestHandler {
    let router: Router
    let tokens: TokenVerifier
    let apiKeys: APIKeyVerifier
    let browsers: Browsers
    /// Nil where no answer is made shorter.
    let coder: AnswerCoder?
    let limits: RateGate
    let strain: Strain
    let upstreams: Upstreams
    /// Nil where nothing is kept.
    let cache: EdgeCache?
    let tunnels: TunnelGate
    let passing: PassingHeaders
    let readiness: Readiness
    let proxies: TrustedProxies
    /// Whether clients show certificates, so that it matters which host they were shown to.
    let asksClients: Bool
    let observer: RequestObserver
    /// How long nothing was heard of revocations; nil before the first word.
    let revocationSilence: @Sendable () -> Duration?
    let clock: Clock

    init(
        router: Router, tokens: TokenVerifier, apiKeys: APIKeyVerifier, browsers: Browsers, coder: AnswerCoder?,
        limits: RateGate, strain: Strain, upstreams: Upstreams, cache: EdgeCache?, tunnels: TunnelGate,
        passing: PassingHeaders, readiness: Readiness, proxies: TrustedProxies, asksClients: Bool,
        observer: RequestObserver, revocationSilence: @escaping @Sendable () -> Duration?, clock: Clock
    ) {
        self.router = router
        self.tokens = tokens
        self.apiKeys = apiKeys
        self.browsers = browsers
        self.coder = coder
        self.limits = limits
        self.strain = strain
        self.upstreams = upstreams
        self.cache = cache
        self.tunnels = tunnels
        self.passing = passing
        self.readiness = readiness
        self.proxies = proxies
        self.asksClients = asksClients
        self.observer = observer
        self.revocationSilence = revocationSilence
        self.clock = clock
    }

    func handle(_ exchange: ServerExchange) async {
        var story = RequestStory(exchange)
        story.reader = browsers.crossOrigin?.reader(exchange.head.fields)
        do throws(Problem) {
            try await answer(exchange, &story)
        } catch {
            answer(error, exchange, &story)
            observeLimit(error, story)
        }
        observe(exchange, story)
    }

    @inline(__always)
    private func answer(_ exchange: ServerExchange, _ story: inout RequestStory) async throws(Problem) {
        try recognise(exchange, story)
        try await limitConnection(exchange, &story)
        try begin(exchange, &story)
        defer { release(&story) }
        let path = try admit(exchange)
        if try preflight(exchange, path, &story) { return }
        switch try match(exchange.head.method, path, &story) {
        case .options(let options):
            answer(options, exchange, &story)
            story.look()
        case .route(.own(let route)):
            await answer(route, path, exchange, &story)
            story.look()
        case .route(.endpoint(let endpoint)):
            try shed(endpoint, &story)
            try await admitBody(exchange, endpoint, &story)
            let caller = try await identify(exchange, endpoint, &story)
            try await limit(exchange, endpoint, caller, &story)
            if let rule = endpoint.caching, let found = try look(exchange, endpoint, rule, path, caller, &story) {
                if giveAtOnce(found, exchange, &story) { return }
                if try await recall(found, exchange, endpoint, rule, caller, &story) { return }
            }
            try await forward(exchange, endpoint, path, caller, &story)
        case .route(.upstream(let upstream)):
            let contract = upstream.contract(exchange.head.method)
            try shed(contract, &story)
            try admitBody(exchange, upstream)
            let caller = try await identify(exchange, contract, &story)
            try await limit(exchange, contract, caller, &story)
            try await forward(exchange, upstream, path, caller, &story)
        }
    }
}
