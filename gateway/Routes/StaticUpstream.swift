internal import HTTP
internal import Transport

/// A static route at work.
final class StaticUpstream: CallTarget {
    let route: StaticRoute
    let fields: StaticFields
    let pool: ClientPool
    let load: UpstreamLoad
    /// What the phases need to know, as of a contract.
    private let reading: EndpointRoute
    private let changing: EndpointRoute
    /// What a page of another origin may send: `Access-Control-Allow-Headers`.
    let crossOriginHeaders: String

    init(_ route: StaticRoute, _ limits: RouteLimits, _ pool: ClientPool, _ load: UpstreamLoad) {
        self.route = route
        self.pool = pool
        self.load = load
        fields = StaticFields(route)
        reading = EndpointRoute(route, limits, answers: fields.answers, isSafe: true)
        crossOriginHeaders = ([EndpointRoute.crossOriginHeaders, "content-type, x-csrf-token"] + route.headers)
            .joined(separator: ", ")
        changing = EndpointRoute(route, limits, answers: fields.answers, isSafe: false)
    }

    /// Whether it may be called, how often and how large, is the same for all methods; whether again is not.
    func contract(_ method: RequestMethod) -> EndpointRoute {
        switch method {
        // A WebSocket opens by GET on HTTP/1.1 and by CONNECT on HTTP/2.
        case .get, .head, .options, .connect: reading
        default: changing
        }
    }
}

/// What static routes share (edge.md, section 2).
package struct RouteLimits: Sendable {
    /// The largest request body.
    package var bodyBytesMax = 16 << 20
    /// From the request to the head of its answer; while a body is sent, from its last byte.
    package var answer: Duration = .seconds(60)
    /// The longest silence of a WebSocket, and of an answer that has begun and may last.
    package var silence: Duration = .seconds(300)
    /// Connections of HTTP/1.1 of each loop to each instance; WebSockets apart.
    package var connectionsPerLoopMax = 64
    /// How long those are kept without a call. Common servers end them sooner or later (some after five seconds), and a
    /// request must not meet one that is just being closed.
    package var idle: Duration = .seconds(4)
    package var tunnelsMax = 4096
    package var tunnelsPerConnectionMax = 32

    package init() {}
}
