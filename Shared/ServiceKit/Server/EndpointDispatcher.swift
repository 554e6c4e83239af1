package import Contract
internal import JSON
package import Primitives
internal import Telemetry

/// Answers requests to one service by its contracts: proof of the caller, routing, decoding, the handler, and every
/// error turned into its problem. Sees no socket.
package struct EndpointDispatcher: Sendable {
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

    package func respond(to request: InboundRequest, body: some RequestBodySource) async -> OutboundReply {
        let requestID = request.header(InternalHeaders.requestID) ?? "unknown"
        var operationID: String?
        var callerKind = CallerKind.anonymous
        do {
            let facts = try proveCaller(request, requestID: requestID)
            callerKind = facts.context.kind
            let (endpoint, parameters) = try route(request)
            operationID = endpoint.description.operationID
            let source = try await source(for: endpoint.description, request, parameters, body)
            let answer: EncodedAnswer
            do {
                answer = try await endpoint.respond(source, facts)
            } catch {
                var reply = rescue.reply(to: error, from: endpoint.description, requestID: requestID)
                reply.callerKind = callerKind
                return reply
            }
            var reply = conditional(reply(answer, endpoint.description), request, endpoint.description)
            reply.callerKind = callerKind
            return reply
        } catch {
            var reply = FaultRescue.reply(error, requestID: requestID)
            reply.operationID = operationID
            reply.callerKind = callerKind
            return reply
        }
    }

    private func proveCaller(_ request: InboundRequest, requestID: String) throws(Problem) -> CallFacts {
        guard let text = request.header(InternalHeaders.caller),
            let context = verifier.verify(text, now: clock.now)
        else { throw Problem(.unauthenticated) }
        if let account = context.account, isRevoked(account) { throw Problem(.accessTokenInvalid) }
        let milliseconds = request.header(InternalHeaders.deadline).flatMap { Int64($0) } ?? 10_000
        return CallFacts(
            requestID: requestID, traceparent: request.header(InternalHeaders.traceparent),
            deadline: .after(.milliseconds(min(max(milliseconds, 0), 60_000))), context: context)
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
    ) async throws(Problem) -> FieldSource {
        let query: QueryParameters
        do {
            query = try QueryParameters(parsing: request.query)
        } catch {
            throw Problem(inputFaults: [error])
        }
        guard Accept.admitsJSON(request.header("accept")) else { throw Problem(.notAcceptable) }
        return FieldSource(
            path: parameters, query: query, header: request.header,
            body: try await object(endpoint, request, body))
    }

    private func object(
        _ endpoint: EndpointDescription, _ request: InboundRequest, _ source: some RequestBodySource
    ) async throws(Problem) -> JSONObject? {
        guard endpoint.method != .get else { return nil }
        let bytesMax = endpoint.policy.bodyBytesMax
        let bytes: [UInt8]
        do {
            bytes = try await source.collect(upTo: bytesMax)
        } catch .tooLarge {
            throw Problem(.bodyTooLarge, detail: "At most \(bytesMax) bytes are taken.")
        } catch {
            throw Problem(.malformedRequest, detail: "The body did not arrive whole.")
        }
        guard endpoint.inputSchema != nil else {
            guard bytes.isEmpty else { throw Problem(.malformedRequest, detail: "The operation takes no body.") }
            return nil
        }
        // An empty body with no type stands for an empty object, so that a POST whose members are all optional is easy.
        if bytes.isEmpty, request.header("content-type") == nil { return JSONObject() }
        try requireContentType(endpoint, request)
        do {
            guard case .object(let object) = try JSONValue.parse(bytes) else {
                throw Problem(
                    .validation, errors: [FieldFault(.body(pointer: ""), "type", "It must be an object.")])
            }
            return object
        } catch let fault as JSONFault {
            throw Problem(.malformedJSON, detail: "\(fault)")
        } catch {
            throw (error as? Problem) ?? Problem(.malformedJSON)
        }
    }

    private func requireContentType(_ endpoint: EndpointDescription, _ request: InboundRequest) throws(Problem) {
        let expected = endpoint.requestContentType
        let sent = request.header("content-type") ?? ""
        guard MediaType.matches(sent, expected) else {
            let name = endpoint.method == .patch ? "accept-patch" : "accept-post"
            throw Problem(.unsupportedMediaType, detail: "Use \(expected).", headers: [(name, expected)])
        }
    }

    private func reply(_ answer: EncodedAnswer, _ endpoint: EndpointDescription) -> OutboundReply {
        var headers = answer.headers
        if answer.body != nil { headers.append(("content-type", "application/json")) }
        headers.append(("cache-control", endpoint.cacheControl))
        return OutboundReply(
            status: answer.status, headers: headers, body: answer.body ?? [], operationID: endpoint.operationID)
    }

    /// Answers `If-None-Match` (RFC 9110, section 13.1.2).
    private func conditional(
        _ reply: OutboundReply, _ request: InboundRequest, _ endpoint: EndpointDescription
    ) -> OutboundReply {
        guard endpoint.method == .get, reply.status == 200, let condition = request.header("if-none-match"),
            let tag = reply.headers.first(where: { $0.name == "etag" })?.value,
            condition == "*" || condition.split(separator: ",").contains(where: { matches($0, tag) })
        else { return reply }
        var unchanged = reply
        unchanged.status = 304
        unchanged.body = []
        unchanged.headers.removeAll { $0.name == "content-type" }
        return unchanged
    }

    /// The weak comparison of RFC 9110, section 8.8.3.2.
    private func matches(_ candidate: Substring, _ tag: String) -> Bool {
        var candidate = candidate
        while candidate.first == " " { candidate.removeFirst() }
        while candidate.last == " " { candidate.removeLast() }
        return (candidate.hasPrefix("W/") ? candidate.dropFirst(2) : candidate) == tag
    }
}

extension CallerContext {
    fileprivate var kind: CallerKind {
        if account != nil { return .account }
        return issuer == .gateway ? .anonymous : .service
    }
}

extension EndpointDescription {
    /// `Cache-Control` of a success (RFC 9111, section 5.2.2).
    fileprivate var cacheControl: String {
        switch policy.cache {
        case .shared(let maxAge): "public, max-age=\(maxAge.components.seconds)"
        // Anyone may keep what anyone may read, and asks each time whether it still holds.
        case .none: method == .get && access == .anyone ? "no-cache" : "no-store"
        }
    }
}
