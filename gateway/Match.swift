internal import Contract
internal import HTTP
internal import NIOCore
internal import Transport

/// What a request is for.
enum Route: Sendable {
    /// A contract, answered by a service.
    case endpoint(EndpointRoute)
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
    let deadline: Duration
    let bodyBytesMax: Int
    let takesBody: Bool
    /// The media types of a body that the operation understands; none where it has no body.
    let bodyTypes: [String]
    /// Whether the call changes nothing (RFC 9110, section 9.2.1).
    let isSafe: Bool
    /// Whether the call may be sent twice, and whether it may with an `Idempotency-Key`.
    private let isRepeatable: Bool
    private let isRepeatableWithKey: Bool

    init(_ description: EndpointDescription) {
        operation = description.operationID
        service = description.service
        access = description.access
        rate = description.policy.rate
        cost = Int64(description.policy.cost)
        deadline = description.policy.deadline
        bodyBytesMax = description.policy.bodyBytesMax
        takesBody = description.method != .get
        bodyTypes = description.inputSchema == nil ? [] : description.requestContentTypes
        isSafe = description.method.isSafe
        isRepeatable = description.mayRepeat(carriesKey: false)
        isRepeatableWithKey = description.mayRepeat(carriesKey: true)
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
    /// The operation ids of all routes, for the observer.
    package let operations: [String]

    /// - Parameter documents: beside `/livez` and `/readyz`.
    init(endpoints: [EndpointDescription], documents: [Document]) {
        var table = RouteTable<Route>()
        var operations: [String] = ["none", "livez", "readyz"]
        for description in endpoints where description.policy.visibility == .public {
            let isNew = table.add(description.method.rawValue, description.path, .endpoint(EndpointRoute(description)))
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
        self.table = table
        self.operations = operations
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
        switch table.match(method.text, path: path.path) {
        case .found(let route, _): return .route(route)
        case .notFound: throw Problem(.notFound)
        case .methodNotAllowed(let methods):
            let allow = methods.joined(separator: ", ")
            guard method == .options else { throw Problem(.methodNotAllowed, headers: [("allow", allow)]) }
            return .options(
                PathOptions(
                    allow: allow, acceptPatch: bodyTypes("PATCH", path), acceptPost: bodyTypes("POST", path)))
        }
    }

    private func bodyTypes(_ method: String, _ path: CanonicalPath) -> String? {
        guard case .found(.endpoint(let endpoint), _) = table.match(method, path: path.path),
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
        case .route(.endpoint(let endpoint)): story.operation = endpoint.operation
        case .route(.own(let route)): story.operation = route.operation
        case .options: break
        }
        return finding
    }
}
