package import Contract
internal import HTTP
internal import JSON
package import Primitives
package import Telemetry

/// Answers requests to one service by its contracts: proof of the caller, routing, decoding, the handler, and every
/// error turned into its problem. Sees no socket.
package final class EndpointDispatcher: Sendable {
    private let table: RouteTable<BoundEndpoint>
    private let verifier: CallerContextVerifier
    private let isRevoked: @Sendable (CallerContext.Account) -> Bool
    private let rescue: FaultRescue
    private let clock: Clock

    /// - Parameter isRevoked: whether an account's session was revoked after its token was made.
    package init(
        endpoints: [BoundEndpoint], verifier: CallerContextVerifier, problems: [ProblemKind], clock: Clock = .system,
        isRevoked: @escaping @Sendable (CallerContext.Account) -> Bool
    ) {
        var table = RouteTable<BoundEndpoint>()
        for endpoint in endpoints {
            let description = endpoint.description
            let isNew = table.add(description.method.rawValue, description.path, endpoint)
            precondition(isNew, "conflicts between contracts are refused before this")
        }
        self.table = table
        self.verifier = verifier
        self.isRevoked = isRevoked
        self.clock = clock
        rescue = FaultRescue(problems: problems)
    }

    /// - Parameters:
    ///   - meter: gets what the call uses.
    ///   - trace: the span of this request, which those that it causes hang below.
    package func respond(
        to request: InboundRequest, body: some RequestBodySource, meter: CallMeter = CallMeter(),
        trace: TraceContext? = nil
    ) async -> OutboundReply {
        let requestID = request.requestID
        var operationID: String?
        var callerKind = CallerKind.anonymous
        do {
            var facts = try proveCaller(request, requestID: requestID, meter, trace)
            callerKind = facts.context.kind
            let (endpoint, parameters) = try route(request)
            operationID = endpoint.description.operationID
            meter.finish(.prove)
            let key = try idempotencyKey(of: request, for: endpoint.description, from: facts.context)
            let (source, bytes) = try await source(for: endpoint.description, request, parameters, body)
            if let key { facts = facts.claiming(key, of: endpoint.description, request, body: bytes) }
            let preconditions = try Preconditions(request)
            try preconditions.admit(endpoint.description, isReadable: table.has("GET", path: request.path))
            let answer: EncodedAnswer
            do {
                answer = try await CallMeter.$current.withValue(meter) { try await endpoint.respond(source, facts) }
            } catch {
                var reply = rescue.reply(to: error, from: endpoint.description, requestID: requestID)
                reply.callerKind = callerKind
                if reply.status == 404, let absence = endpoint.description.targetedCacheControl?.absence {
                    reply.headers.append(SharedCaching.targetedField, absence)
                }
                return reply
            }
            var reply = reply(answer, endpoint.description)
            if endpoint.description.method == .get { try preconditions.judge(&reply) }
            reply.callerKind = callerKind
            return reply
        } catch {
            var reply = FaultRescue.reply(error, requestID: requestID)
            reply.operationID = operationID
            reply.callerKind = callerKind
            return reply
        }
    }

    private func proveCaller(
        _ request: InboundRequest, requestID: String, _ meter: CallMeter, _ trace: TraceContext?
    ) throws(Problem) -> CallFacts {
        guard let text = request.header(InternalHeaders.caller),
            let context = verifier.verify(text, now: clock.now)
        else { throw Problem(.unauthenticated) }
        if let account = context.account, isRevoked(account) { throw Problem(.accessTokenInvalid) }
        let milliseconds = request.header(InternalHeaders.deadline).flatMap { Int64($0) } ?? 10_000
        return CallFacts(
            requestID: requestID, traceparent: trace?.description,
            deadline: .after(.milliseconds(min(max(milliseconds, 0), 60_000))), context: context, meter: meter)
    }

    private func route(_ request: InboundRequest) throws(Problem) -> (BoundEndpoint, PathParameters) {
        switch table.match(request.method, path: request.path) {
        case .found(let endpoint, let parameters): return (endpoint, parameters)
        case .methodNotAllowed(let allow):
            throw Problem(.methodNotAllowed, headers: [("allow", allow.joined(separator: ", "))])
        case .notFound: throw Problem(.notFound)
        }
    }

    private func source(
        for endpoint: EndpointDescription, _ request: InboundRequest, _ parameters: PathParameters,
        _ body: some RequestBodySource
    ) async throws(Problem) -> (FieldSource, body: [UInt8]) {
        let query: QueryParameters
        do {
            query = try QueryParameters(parsing: request.query)
        } catch {
            throw Problem(inputFaults: [error])
        }
        guard Accept.admitsJSON(request.header("accept")) else { throw Problem(.notAcceptable) }
        let bytes = try await bytes(of: body, for: endpoint)
        var source = FieldSource(path: parameters, query: query, header: request.header)
        try read(endpoint, request, bytes, into: &source)
        return (source, bytes)
    }

    private func bytes(
        of body: some RequestBodySource, for endpoint: EndpointDescription
    ) async throws(Problem) -> [UInt8] {
        guard endpoint.method != .get else { return [] }
        let bytesMax = endpoint.policy.bodyBytesMax
        do {
            return try await body.collect(upTo: bytesMax)
        } catch .tooLarge {
            throw Problem(.bodyTooLarge, detail: "At most \(bytesMax) bytes are taken.")
        } catch {
            throw Problem(.malformedRequest, detail: "The body did not arrive whole.")
        }
    }

    /// Reads the body into `target`, where the endpoint takes one.
    private func read(
        _ endpoint: EndpointDescription, _ request: InboundRequest, _ bytes: [UInt8], into target: inout FieldSource
    ) throws(Problem) {
        guard endpoint.method != .get else { return }
        guard endpoint.inputSchema != nil else {
            guard bytes.isEmpty else { throw Problem(.malformedRequest, detail: "The operation takes no body.") }
            return
        }
        // An empty body with no type stands for an empty object, so that a POST whose members are all optional is easy.
        if bytes.isEmpty, request.header("content-type") == nil {
            target.body = JSONObject()
            return
        }
        try Self.parse(bytes, as: contentType(endpoint, request), into: &target)
    }

    private static func parse(
        _ bytes: [UInt8], as type: String, into target: inout FieldSource
    ) throws(Problem) {
        do {
            let json = try JSONValue.parse(bytes)
            if type == MediaTypeName.jsonPatch {
                target.patch = try JSONPatch(json: json)
            } else if case .object(let object) = json {
                target.body = object
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

    private func reply(_ answer: EncodedAnswer, _ endpoint: EndpointDescription) -> OutboundReply {
        var headers = HeaderFields()
        for (name, value) in answer.headers { headers.append(name, value) }
        if answer.body != nil { headers.append("content-type", "application/json") }
        headers.append("cache-control", endpoint.cacheControl)
        if let targeted = endpoint.targetedCacheControl {
            headers.append(SharedCaching.targetedField, targeted.success)
        }
        return OutboundReply(
            status: answer.status, headers: headers, body: answer.body ?? [], operationID: endpoint.operationID)
    }
}

extension CallerContext {
    fileprivate var kind: CallerKind {
        if account != nil { return .account }
        return issuer == .gateway ? .anonymous : .service
    }
}
