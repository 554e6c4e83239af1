internal import Contract
internal import HTTP
internal import Primitives
internal import ServiceKit
internal import TLS
internal import Telemetry
internal import Transport

/// What happens to one request, noted as it happens; at its end it becomes one observation.
struct RequestStory {
    let id: RequestID
    let trace: TraceContext
    /// The client's span; nil where it tells of none.
    let parentSpan: UInt64?
    let startedAt: Deadline
    var operation = "none"
    var caller = CallerKind.anonymous
    var status = 0
    var requestBytes = 0
    var responseBytes = 0
    var problemCode: String?
    /// For the log only.
    var detail: String?
    /// Set by the limit phases, printed on the answer: what is left of the class of the operation, else of the address.
    var allowance: Allowance?
    /// The origin of the page that may read the answer; nil for none but our own.
    var reader: String?
    /// Nothing in the answer of the operation is a secret that its length must not tell of.
    var mayCompress = false
    /// The operation may set cookies.
    var maySetCookies = false
    /// The caller is known by a cookie.
    var isByCookie = false
    /// Set by the recall phase, printed on the answer.
    var cacheStatus: CacheStatus?
    /// The limit that has refused the request.
    var limit: StaticString?
    /// Why a service has not answered; nil where it has, or where the problem says it all.
    var proxyFault: ProxyFault?
    /// Where it counts among those that its address has in flight.
    var place: AddressLoads.Place?
    private(set) var phases: [RequestObservation.Phase] = []
    private var phaseStartedAt: Deadline
    /// The last look at the clock. There is one where a phase ends, and what follows at once makes do with it.
    private(set) var now: Deadline
    /// What the system's clock said at some moment, and that moment.
    private let wall: (time: Timestamp, at: Deadline)

    init(_ exchange: borrowing ServerExchange) {
        var generator = PooledRandom()
        now = .now
        wall = (.now, now)
        id = RequestID(UUIDv7(at: wall.time, using: &generator))
        let received = exchange.head.fields.first("traceparent").flatMap(TraceContext.init)
        trace =
            received?.child(using: &generator) ?? TraceContext.root(isSampled: false, using: &generator)
        parentSpan = received?.span
        startedAt = exchange.startedAt
        phaseStartedAt = startedAt
        phases.reserveCapacity(8)
        if let handshake = exchange.connection.tls?.handshake.take() { phases.append(.init("tls", handshake)) }
        finish("parse", at: now)
    }

    /// Ends a phase; the next one begins then.
    mutating func finish(_ phase: StaticString, at moment: Deadline = .now) {
        phases.append(.init(phase, moment.since(phaseStartedAt)))
        phaseStartedAt = moment
        now = max(now, moment)
    }

    /// Ends a phase in which nothing was waited for and little was done: what it took counts with the next one, which
    /// is cheaper than to look at the clock.
    mutating func finishAtOnce(_ phase: StaticString) { phases.append(.init(phase, .zero)) }

    /// Looks at the clock within a phase, or behind the last one.
    mutating func look() { now = .now }

    /// The system's clock at `now`. That it was set meanwhile is seen only in requests that take long.
    var time: Timestamp {
        let passed = now.since(wall.at)
        return passed < .seconds(1) ? wall.time + passed : .now
    }
}

extension Pipeline {
    /// Tells of a limit that has just refused something.
    func observeLimit(_ problem: Problem, _ story: RequestStory) {
        guard let limit = story.limit ?? (problem.kind == .bodyTooLarge ? "body-bytes" : nil) else { return }
        observer.observe(LimitObservation(limit: limit, detail: story.operation, requestID: story.id))
    }

    /// The last phase: one observation for each request, which ended when its story last looked at the clock.
    func observe(_ exchange: ServerExchange, _ story: RequestStory) {
        observer.observe(
            RequestObservation(
                operation: story.operation, method: exchange.head.method.text,
                status: exchange.isBroken ? RequestObservation.clientGoneStatus : story.status,
                duration: story.now.since(story.startedAt), endedAt: story.time,
                requestBytes: max(story.requestBytes, exchange.head.contentLength ?? 0),
                responseBytes: story.responseBytes, requestID: story.id, trace: story.trace,
                parentSpan: story.parentSpan,
                caller: story.caller,
                errorCode: story.problemCode, detail: story.detail, client: exchange.connection.peer.text,
                certificate: exchange.connection.tls?.client.map { ($0.subject, $0.fingerprint) },
                phases: story.phases), on: exchange.loop)
    }
}
