internal import Contract
internal import HTTP
internal import NIOCore
internal import Transport

/// What a request is for.
enum Route: Sendable {
    /// A contract, answered by a service.
    case endpoint(EndpointRoute)
    /// An upstream that configuration names.
    case upstream(StaticUpstream)
    /// Something that the gateway itself answers.
    case own(OwnRoute)
}

/// What the phases need of a contract, worked out once.
final class EndpointRoute: Sendable {
    let operation: String
    let service: ServiceName
    let access: AccessRule
    let rate: RateClass
    let cost: Int64
    let criticality: Policy.Criticality
    let deadline: Duration
    let bodyBytesMax: Int
    let takesBody: Bool
    /// The media types of a body that the operation understands; none where it has no body.
    let bodyTypes: [String]
    /// Whether the call changes nothing (RFC 9110, section 9.2.1).
    let isSafe: Bool
    let takesAPIKeys: Bool
    /// The cookies that the service gets; no other does.
    let cookies: [String]
    /// Whether the service may set cookies.
    let setsCookies: Bool
    /// Whether its answers may be made shorter: what auth answers holds secrets, and what answers a change holds what
    /// was sent.
    let mayCompress: Bool
    /// What a page of another origin may send: `Access-Control-Allow-Headers`.
    let crossOriginHeaders: String
    /// Nil where answers are not kept.
    let caching: CachingRule?
    /// Nil where nothing that is kept becomes untrue by it.
    let purging: PurgingRule?
    /// Whether the call may be sent twice, and whether it may with an `Idempotency-Key`.
    private let isRepeatable: Bool
    private let isRepeatableWithKey: Bool
    /// Who answers, for logs.
    let upstreamName: String
    /// How long nothing may come of an answer that may last; nil where all of it must come by the deadline.
    let silenceMax: Duration?
    /// The fields of answers that pass, where they are not those of the contracts.
    let answers: HeaderAllowList?

    /// - Parameter silence: the longest silence of an answer that may last.
    init(_ description: EndpointDescription, silence: Duration) {
        operation = description.operationID
        service = description.service
        access = description.access
        rate = description.policy.rate
        cost = Int64(description.policy.cost)
        criticality = description.policy.criticality
        deadline = description.policy.deadline
        bodyBytesMax = description.policy.bodyBytesMax
        takesBody = description.method != .get
        bodyTypes = description.inputSchema == nil ? [] : description.requestContentTypes
        isSafe = description.method.isSafe
        takesAPIKeys = description.takesAPIKeys
        cookies = description.input.filter { $0.place == .cookie }.map(\.name)
        setsCookies = description.setsCookies
        mayCompress = description.method == .get && description.service != .auth
        crossOriginHeaders = Self.crossOriginHeaders(description)
        caching = CachingRule(description)
        purging = PurgingRule(description)
        isRepeatable = description.mayRepeat(carriesKey: false)
        isRepeatableWithKey = description.mayRepeat(carriesKey: true)
        upstreamName = description.service.rawValue
        silenceMax = description.policy.isLasting ? silence : nil
        answers = nil
    }

    /// What stands for a contract where there is none.
    init(_ route: StaticRoute, _ limits: RouteLimits, answers: HeaderAllowList, isSafe: Bool) {
        operation = route.operation
        service = .gateway
        access = route.isPublic ? .anyone : .signedIn
        rate = route.rate
        cost = 1
        deadline = limits.answer
        bodyBytesMax = limits.bodyBytesMax
        takesBody = true
        bodyTypes = []
        self.isSafe = isSafe
        criticality = .normal
        // Nothing tells the upstream what a key may do.
        takesAPIKeys = route.isPublic
        cookies = []
        setsCookies = false
        mayCompress = route.compresses && isSafe
        crossOriginHeaders = ""
        caching = nil
        purging = nil
        isRepeatable = isSafe
        isRepeatableWithKey = isSafe
        upstreamName = route.operation
        silenceMax = limits.silence
        self.answers = answers
    }

    /// When a call with these fields may be sent twice.
    func repetition(_ fields: HeaderFields) -> ClientCall.Repetition {
        if isRepeatable { return .safe }
        return isRepeatableWithKey && fields.contains(IdempotencyKey.header) ? .keyed : .never
    }

    var bodyTooLarge: Problem { Problem(.bodyTooLarge, detail: "At most \(bodyBytesMax) bytes are taken.") }
}

/// Something that the gateway answers without a service.
enum OwnRoute: Sendable {
    /// The process is alive.
    case liveness
    /// The process takes requests.
    case readiness
    /// A document that never changes while the process runs.
    case document(Document)

    var operation: String {
        switch self {
        case .liveness: "livez"
        case .readiness: "readyz"
        case .document(let document): document.operation
        }
    }
}

/// All routes, compiled from the contracts and the gateway's own documents into one immutable trie.
package struct Router: Sendable {
    private let table: RouteTable<Route>
    /// Where no contract is found; the longest prefix first.
    private let upstreams: [StaticUpstream]
    /// The operation ids of all routes, for the observer.
    package let operations: [String]
    /// Whether some route may become a tunnel.
    let takesTunnels: Bool

    /// - Parameters:
    ///   - documents: beside `/livez` and `/readyz`.
    ///   - silence: the longest silence of an answer that may last.
    init(
        endpoints: [EndpointDescription], documents: [Document], upstreams: [StaticUpstream] = [],
        silence: Duration = RouteLimits().silence
    ) {
        var table = RouteTable<Route>()
        var operations: [String] = ["none", "livez", "readyz", Self.preflightOperation, RedirectHandler.operation]
        for description in endpoints where description.policy.visibility == .public {
            let isNew = table.add(
                description.method.rawValue, description.path, .endpoint(EndpointRoute(description, silence: silence)))
            precondition(isNew, "conflicts between contracts are refused before this")
            operations.append(description.operationID)
        }
        let own: [(String, OwnRoute)] =
            [("/livez", .liveness), ("/readyz", .readiness)] + documents.map { ($0.path, .document($0)) }
        for (path, route) in own {
            let isNew = table.add("GET", PathTemplate(path), .own(route))
            precondition(isNew, "the path \(path) is taken by a contract")
            if !operations.contains(route.operation) { operations.append(route.operation) }
        }
        for upstream in upstreams where !operations.contains(upstream.route.operation) {
            operations.append(upstream.route.operation)
        }
        self.table = table
        self.upstreams = upstreams.sorted { $0.route.prefix.utf8.count > $1.route.prefix.utf8.count }
        self.operations = operations
        takesTunnels =
            upstreams.contains { $0.route.takesWebSockets }
            || endpoints.contains { $0.policy.isLasting && $0.policy.visibility == .public }
    }

    enum Finding: Sendable {
        case route(Route)
        /// `OPTIONS` of a path that exists.
        case options(PathOptions)
    }

    /// What can be done with a path.
    struct PathOptions: Sendable {
        /// The methods it answers to.
        let allow: String
        /// Media types (RFC 5789, section 3.1); nil where there is no PATCH.
        let acceptPatch: String?
        /// Media types; nil where there is no POST with a body.
        let acceptPost: String?
    }

    func find(_ method: RequestMethod, _ path: CanonicalPath) throws(Problem) -> Finding {
        // A WebSocket is a GET that becomes something else; only HTTP/2 has another method for it (RFC 8441).
        switch table.match(method == .connect ? "GET" : method.text, path: path.path, collects: false) {
        case .found(let route, _): return .route(route)
        case .notFound:
            // Conflicts with contracts are refused at the start: nothing here hides one.
            if let found = upstreams.first(where: { path.path.hasPrefix($0.route.prefix) }) {
                return .route(.upstream(found))
            }
            throw Problem(.notFound)
        case .methodNotAllowed(let methods):
            let allow = methods.joined(separator: ", ")
            guard method == .options else { throw Problem(.methodNotAllowed, headers: [("allow", allow)]) }
            return .options(
                PathOptions(
                    allow: allow, acceptPatch: bodyTypes("PATCH", path), acceptPost: bodyTypes("POST", path)))
        }
    }

    private func bodyTypes(_ method: String, _ path: CanonicalPath) -> String? {
        guard case .found(.endpoint(let endpoint), _) = table.match(method, path: path.path, collects: false),
            !endpoint.bodyTypes.isEmpty
        else { return nil }
        return endpoint.bodyTypes.joined(separator: ", ")
    }
}

extension Pipeline {
    /// Which contract is it?
    func match(
        _ method: RequestMethod, _ path: CanonicalPath, _ story: inout RequestStory
    ) throws(Problem) -> Router.Finding {
        defer { story.finish("match") }
        let finding = try router.find(method, path)
        switch finding {
        case .route(.endpoint(let endpoint)):
            story.operation = endpoint.operation
            story.maySetCookies = endpoint.setsCookies
            story.mayCompress = endpoint.mayCompress
        case .route(.upstream(let upstream)):
            story.operation = upstream.route.operation
            story.mayCompress = upstream.contract(method).mayCompress
        case .route(.own(let route)): story.operation = route.operation
        case .options: break
        }
        return finding
    }
}
