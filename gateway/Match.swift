internal import Contract
internal import HTTP
internal import NIOCore

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
    /// Whether the call changes nothing (RFC 9110, section 9.2.1).
    let isSafe: Bool
    /// Whether the call may be sent twice.
    let isRepeatable: Bool

    init(_ description: EndpointDescription) {
        operation = description.operationID
        service = description.service
        access = description.access
        rate = description.policy.rate
        cost = Int64(description.policy.cost)
        deadline = description.policy.deadline
        bodyBytesMax = description.policy.bodyBytesMax
        takesBody = description.method != .get
        isSafe = description.method.isSafe
        isRepeatable = description.policy.retry == .safe
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
        /// `OPTIONS` of a path that exists: the methods it answers to.
        case options(allow: String)
    }

    func find(_ method: RequestMethod, _ path: CanonicalPath) throws(Problem) -> Finding {
        switch table.match(method.text, path: path.path) {
        case .found(let route, _): return .route(route)
        case .notFound: throw Problem(.notFound)
        case .methodNotAllowed(let methods):
            let allow = methods.joined(separator: ", ")
            if method == .options { return .options(allow: allow) }
            throw Problem(.methodNotAllowed, headers: [("allow", allow)])
        }
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
