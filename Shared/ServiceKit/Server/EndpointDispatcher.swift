package import Contract
internal import HTTP
internal import JSON
package import Primitives
package import Telemetry

/// Answers requests to one service by its contracts: proof of the caller, routing, decoding, the handler, and every
/// error turned into its problem. Sees no socket.
package final class EndpointDispatcher: Sendable {
    /// An endpoint, and the header fields that its answers begin with.
    private final class Served: Sendable {
        let endpoint: BoundEndpoint
        let fields: HeaderFields
        let fieldsOfJSON: HeaderFields

        var description: EndpointDescription { endpoint.description }

        init(_ endpoint: BoundEndpoint) {
            self.endpoint = endpoint
            var fields: HeaderFields = ["cache-control": endpoint.description.cacheControl]
            if let targeted = endpoint.description.targetedCacheControl {
                fields.append(SharedCaching.targetedField, targeted.success)
            }
            fields.append(deprecationOf: endpoint.description)
            self.fields = fields
            fields.append("content-type", "application/json")
            fieldsOfJSON = fields
        }

        func reply(_ answer: EncodedAnswer) -> OutboundReply {
            var headers = answer.body == nil ? fields : fieldsOfJSON
            for (name, value) in answer.headers { headers.append(name, value) }
            return OutboundReply(
                status: answer.status, headers: headers, body: answer.body ?? [],
                operationID: description.operationID)
        }
    }

    private let table: RouteTable<Served>
    private let verifier: CallerContextVerifier
    private let isRevoked: @Sendable (CallerContext.Account) -> Bool
    private let rescue: FaultRescue
    private let clock: Clock

    /// - Parameter isRevoked: whether an account's session was revoked after its token was made.
    package init(
        endpoints: [BoundEndpoint], verifier: CallerContextVerifier, problems: [ProblemKind], clock: Clock = .system,
        isRevoked: @escaping @Sendable (CallerContext.Account) -> Bool
    ) {
        var table = RouteTable<Served>()
        for endpoint in endpoints {
            let description = endpoint.description
            let isNew = table.add(description.method.rawValue, description.path, Served(endpoint))
            precondition(isNew, "conflicts between contracts are refused before this")
        }
        self.table = table
        self.verifier = verifier
        self.isRevoked = isRevoked
        self.clock = clock
        rescue = FaultRescue(problems: problems)
    }

    /// - Parameters:
    ///   - meter: gets what the call uses, and has its deadline.
    ///   - trace: the span of this request, which those that it causes hang below.
    package func respond(
        to request: InboundRequest, body: some RequestBodySource, meter: CallMeter = CallMeter(),
        trace: TraceContext? = nil
    ) async -> OutboundReply {
        let requestID = request.requestID
        var operation: EndpointDescription?
        var callerKind = CallerKind.anonymous
        do throws(Problem) {
            var facts = try proveCaller(request, requestID: requestID, meter, trace)
            callerKind = facts.context.kind
            let (served, parameters) = try route(request)
            let endpoint = served.description
            operation = endpoint
            meter.finish(.prove)
            let key = try idempotencyKey(of: request, for: endpoint, from: facts.context)
            let query = try request.parameters()
            guard Accept.admitsJSON(request.header("accept")) else { throw Problem(.notAcceptable) }
            var document = Document.none
            if endpoint.method != .get {
                let bytes = try await bytes(of: body, for: endpoint)
                document = try read(endpoint, request, bytes)
                if let key { facts = facts.claiming(key, of: endpoint, request, body: bytes) }
            }
            let source = document.source(path: parameters, query: query, header: request.header)
            let preconditions = try Preconditions(request)
            try preconditions.admit(endpoint, isReadable: table.has("GET", path: request.path))
            let answer: EncodedAnswer
            do {
                answer = try await CallMeter.$current.withValue(meter) {
                    try await served.endpoint.respond(source, facts)
                }
            } catch {
                // Whatever it was that gave up: the time of whoever asked was over.
                let isLate = Task.isCancelled && meter.deadline.hasPassed
                let failure: any Error = isLate ? Problem(.deadlineExceeded) : error
                var reply = rescue.reply(to: failure, from: endpoint, requestID: requestID)
                if isLate { reply.privateDetail = "given up at its deadline: \(error)" }
                reply.callerKind = callerKind
                reply.headers.append(deprecationOf: endpoint)
                if reply.status == 404, let absence = endpoint.targetedCacheControl?.absence {
                    reply.headers.append(SharedCaching.targetedField, absence)
                }
                return reply
            }
            var reply = served.reply(answer)
            if endpoint.method == .get { try preconditions.judge(&reply) }
            reply.callerKind = callerKind
            return reply
        } catch {
            var reply = FaultRescue.reply(error, requestID: requestID)
            reply.operationID = operation?.operationID
            if let operation { reply.headers.append(deprecationOf: operation) }
            reply.callerKind = callerKind
            return reply
        }
    }

    private func proveCaller(
        _ request: InboundRequest, requestID: String, _ meter: CallMeter, _ trace: TraceContext?
    ) throws(Problem) -> CallFacts {
        // A context that stands twice is none.
        guard request.fields.count(of: InternalHeaders.caller) == 1,
            let index = request.fields.firstIndex(InternalHeaders.caller),
            let context = verifier.verify(request.fields.valueBytes(at: index), now: clock.now)
        else { throw Problem(.unauthenticated) }
        if let account = context.account, isRevoked(account) { throw Problem(.accessTokenInvalid) }
        return CallFacts(
            requestID: requestID, traceparent: trace?.description, deadline: meter.deadline, context: context,
            meter: meter)
    }

    private func route(_ request: InboundRequest) throws(Problem) -> (Served, PathParameters) {
        switch table.match(request.method, path: request.path) {
        case .found(let endpoint, let parameters): return (endpoint, parameters)
        case .methodNotAllowed(let allow):
            throw Problem(.methodNotAllowed, headers: [("allow", allow.joined(separator: ", "))])
        case .notFound: throw Problem(.notFound)
        }
    }

    private func bytes(
        of body: some RequestBodySource, for endpoint: EndpointDescription
    ) async throws(Problem) -> [UInt8] {
        let bytesMax = endpoint.policy.bodyBytesMax
        do {
            return try await body.collect(upTo: bytesMax)
        } catch .tooLarge {
            throw Problem(.bodyTooLarge, detail: "At most \(bytesMax) bytes are taken.")
        } catch {
            throw Problem(.malformedRequest, detail: "The body did not arrive whole.")
        }
    }

    /// What the body says, where the endpoint takes one.
    private func read(
        _ endpoint: EndpointDescription, _ request: InboundRequest, _ bytes: [UInt8]
    ) throws(Problem) -> Document {
        guard endpoint.inputSchema != nil else {
            guard bytes.isEmpty else { throw Problem(.malformedRequest, detail: "The operation takes no body.") }
            return .none
        }
        // An empty body with no type stands for an empty object, so that a POST whose members are all optional is easy.
        if bytes.isEmpty, request.header("content-type") == nil { return .object(JSONObject()) }
        return try Document(parsing: bytes, as: contentType(endpoint, request))
    }

    /// Which of the types that the endpoint takes the body has.
    private func contentType(_ endpoint: EndpointDescription, _ request: InboundRequest) throws(Problem) -> String {
        let expected = endpoint.requestContentTypes
        let sent = request.header("content-type") ?? ""
        if let type = expected.first(where: { MediaType.matches(sent, $0) }) { return type }
        let name = endpoint.method == .patch ? "accept-patch" : "accept-post"
        throw Problem(
            .unsupportedMediaType, detail: "Use \(expected.joined(separator: " or ")).",
            headers: [(name, expected.joined(separator: ", "))])
    }
}

/// What the body of a request says.
private enum Document {
    case none
    case object(JSONObject)
    case patch(JSONPatch)

    init(parsing bytes: [UInt8], as type: String) throws(Problem) {
        do {
            let json = try JSONValue.parse(bytes)
            if type == MediaTypeName.jsonPatch {
                self = .patch(try JSONPatch(json: json))
            } else if case .object(let object) = json {
                self = .object(object)
            } else {
                throw Problem(inputFaults: [FieldFault(.body(pointer: ""), "type", "It must be an object.")])
            }
        } catch let fault as JSONFault {
            throw Problem(.malformedJSON, detail: "\(fault)")
        } catch let fault as JSONPatchFault {
            throw Problem(patchFault: fault)
        } catch {
            throw (error as? Problem) ?? Problem(.malformedJSON)
        }
    }

    func source(
        path: PathParameters, query: QueryParameters, header: @escaping @Sendable (String) -> String?
    ) -> FieldSource {
        switch self {
        case .none: FieldSource(path: path, query: query, header: header)
        case .object(let body): FieldSource(path: path, query: query, header: header, body: body)
        case .patch(let patch): FieldSource(path: path, query: query, header: header, patch: patch)
        }
    }
}

extension InboundRequest {
    /// The parameters of its query.
    fileprivate func parameters() throws(Problem) -> QueryParameters {
        let text = query
        guard !text.isEmpty else { return QueryParameters() }
        do {
            return try QueryParameters(parsing: text)
        } catch {
            throw Problem(inputFaults: [error])
        }
    }
}

extension HeaderFields {
    /// Says that the operation is to go, if it is.
    fileprivate mutating func append(deprecationOf operation: EndpointDescription) {
        for (name, value) in operation.policy.deprecation?.headers ?? [] { append(name, value) }
    }
}

extension CallerContext {
    fileprivate var kind: CallerKind {
        if account != nil { return .account }
        return issuer == .gateway ? .anonymous : .service
    }
}
