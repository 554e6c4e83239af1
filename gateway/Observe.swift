internal import Contract
internal import HTTP
internal import Primitives
internal import Telemetry
internal import Transport

/// What happens to one request, noted as it happens; at its end it becomes one observation.
struct RequestStory {
    let id: RequestID
    let trace: TraceContext
    let startedAt: Deadline
    var operation = "none"
    var caller = CallerKind.anonymous
    var status = 0
    var requestBytes = 0
    var responseBytes = 0
    var problemCode: String?
    /// For the log only.
    var detail: String?
    /// Set by the limit phase, printed on the answer.
    var allowance: Allowance?
    private(set) var phases: [RequestObservation.Phase] = []
    private var phaseStartedAt: Deadline

    init(_ exchange: ServerExchange) {
        var generator = PooledRandom()
        id = RequestID(UUIDv7(at: .now, using: &generator))
        let received = exchange.head.fields.first("traceparent").flatMap(TraceContext.init)
        trace =
            received?.child(using: &generator) ?? TraceContext.root(isSampled: false, using: &generator)
        startedAt = exchange.startedAt
        phaseStartedAt = startedAt
        phases.reserveCapacity(6)
    }

    /// Ends a phase; the next one begins now.
    mutating func finish(_ phase: StaticString) {
        let now = Deadline.now
        phases.append(.init(phase, .nanoseconds(Int64(clamping: now.nanoseconds &- phaseStartedAt.nanoseconds))))
        phaseStartedAt = now
    }
}

extension Pipeline {
    /// Tells of a limit that has just refused something.
    func observeLimit(_ problem: Problem, _ story: RequestStory) {
        switch problem.kind {
        case .rateLimited:
            guard let rule = story.allowance?.rule else { return }
            observer.observe(LimitObservation(limit: rule.name, detail: story.operation, requestID: story.id))
        case .bodyTooLarge:
            observer.observe(LimitObservation(limit: "body-bytes", detail: story.operation, requestID: story.id))
        default: break
        }
    }

    /// The last phase: one observation for each request.
    func observe(_ exchange: ServerExchange, _ story: RequestStory) {
        let elapsed = Deadline.now.nanoseconds &- story.startedAt.nanoseconds
        observer.observe(
            RequestObservation(
                operation: story.operation, method: exchange.head.method.text,
                status: exchange.isBroken ? RequestObservation.clientGoneStatus : story.status,
                duration: .nanoseconds(Int64(clamping: elapsed)),
                requestBytes: max(story.requestBytes, exchange.head.contentLength ?? 0),
                responseBytes: story.responseBytes, requestID: story.id, trace: story.trace, caller: story.caller,
                errorCode: story.problemCode, detail: story.detail, client: exchange.connection.peer.text,
                phases: story.phases))
    }
}
