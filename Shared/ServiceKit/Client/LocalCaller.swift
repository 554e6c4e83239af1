package import Contract
internal import JSON
internal import Primitives

/// Calls the endpoints of a service in this very process, through the same encoding and decoding as over a wire.
package struct LocalCaller: EndpointCaller {
    private let issuer: ServiceName
    private let endpoints: [String: BoundEndpoint]

    package init(from issuer: ServiceName, endpoints: [BoundEndpoint]) {
        self.issuer = issuer
        self.endpoints = Dictionary(
            endpoints.map { ($0.description.operationID, $0) }, uniquingKeysWith: { first, _ in first })
    }

    package func call<E: Endpoint>(
        _ endpoint: E.Type, _ input: E.Input, for facts: CallFacts?
    ) async throws(CallFault) -> E.Output {
        guard let target = endpoints[E.operationID] else {
            throw .malformed(reason: "\(E.operationID) is not served here")
        }
        let ownFacts = ownFacts(endpoint, input, for: facts)
        let answer: EncodedAnswer
        do {
            answer = try await target.respond(try Self.source(endpoint, input), ownFacts)
        } catch {
            throw Self.fault(error)
        }
        let headers = answer.headers
        let body = answer.body.flatMap { try? JSONValue.parse($0) }?.object
        let source = FieldSource(
            header: { name in headers.first { $0.name == name }?.value }, body: body, refusesUnknown: false)
        guard let output = E.output.decode(status: answer.status, source) else {
            throw .malformed(reason: "\(E.operationID): the answer is not as declared")
        }
        return output
    }

    /// The facts of this call, with the key that it is made with where the operation is keyed.
    private func ownFacts<E: Endpoint>(_ endpoint: E.Type, _ input: E.Input, for facts: CallFacts?) -> CallFacts {
        let context = CallerContext(issuer: issuer)
        var claim: IdempotencyClaim?
        if E.policy.retry == .keyed, let key = facts?.idempotency?.onwardKey, let caller = context.claimant {
            let sink = Self.sink(endpoint, input)
            let target = PathTemplate(E.path.description).filled(with: sink.path)
            claim = IdempotencyClaim(
                caller: caller, operationID: E.operationID, key: key, method: E.method.rawValue,
                target: target + "?" + QueryParameters.encode(sink.query), contentType: nil, body: sink.body.bytes)
        }
        return CallFacts(
            requestID: facts?.requestID ?? UUIDv7().description, traceparent: facts?.traceparent,
            deadline: facts?.deadline ?? .after(E.policy.deadline), context: context, idempotency: claim)
    }

    private static func sink<E: Endpoint>(_ endpoint: E.Type, _ input: E.Input) -> FieldSink {
        let shape = E.input
        var sink = FieldSink()
        if shape.hasBody { sink.body.beginObject() }
        shape.encode(input, into: &sink)
        if shape.hasBody { sink.body.endObject() }
        return sink
    }

    private static func source<E: Endpoint>(_ endpoint: E.Type, _ input: E.Input) throws -> FieldSource {
        let sink = sink(endpoint, input)
        let headers = sink.headers
        return FieldSource(
            path: PathParameters(sink.path), query: try QueryParameters(parsing: QueryParameters.encode(sink.query)),
            header: { name in headers.first { $0.name == name }?.value },
            body: E.input.hasBody ? try JSONValue.parse(sink.body.bytes).object : nil)
    }

    private static func fault(_ error: any Error) -> CallFault {
        switch error {
        case let problem as Problem: .problem(code: problem.kind.code, status: problem.kind.status)
        case let rejection as any RejectionProtocol: .problem(code: rejection.code, status: 400)
        default: .unavailable(didNoWork: false, reason: "\(type(of: error))")
        }
    }
}
