internal import Contract
internal import HTTP
internal import Primitives
internal import ServiceKit
internal import Telemetry
internal import Transport

/// What happens to every request, in order. The phases are functions of this type, one file for each; a phase that says
/// no throws the `Problem` that is the answer, and a later phase gets what an earlier one has proven.
struct Pipeline: RequestHandler {
    let router: Router
    let tokens: TokenVerifier
    let limits: RateGate
    let upstreams: Upstreams
    let passing: PassingHeaders
    let readiness: Readiness
    let observer: RequestObserver
    /// How long nothing was heard of revocations; nil before the first word.
    let revocationSilence: @Sendable () -> Duration?
    let clock: Clock

    func handle(_ exchange: ServerExchange) async {
        var story = RequestStory(exchange)
        do throws(Problem) {
            try await answer(exchange, &story)
        } catch {
            answer(error, exchange, &story)
            observeLimit(error, story)
        }
        observe(exchange, story)
    }

    private func answer(_ exchange: ServerExchange, _ story: inout RequestStory) async throws(Problem) {
        try await limitConnection(exchange, &story)
        let path = try admit(exchange, &story)
        switch try match(exchange.head.method, path, &story) {
        case .options(let options): answer(options, exchange, &story)
        case .route(.own(let route)): await answer(route, path, exchange, &story)
        case .route(.endpoint(let endpoint)):
            try admitBody(exchange, endpoint)
            let caller = try await identify(exchange, endpoint, &story)
            try await limit(exchange, endpoint, caller, &story)
            try await forward(exchange, endpoint, path, caller, &story)
        }
    }
}
