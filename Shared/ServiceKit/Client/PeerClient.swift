package import Contract
internal import HTTP
internal import JSON
internal import NIOCore
package import Primitives
internal import Synchronization
internal import Telemetry
package import Transport

/// Calls the endpoints of one other service over HTTP/2, as this process, by their types.
package final class PeerClient: EndpointCaller {
    /// The largest answer that is read, in bytes.
    package static let answerBytesMax = 4 * 1024 * 1024

    private let issuer: ServiceName
    private let audience: ServiceName
    private let signer: CallerContextSigner
    private let pool: ClientPool
    private let patience: Duration
    private let clock: Clock
    private let signed = Mutex<(text: String, fresh: Range<Timestamp>)?>(nil)

    /// - Parameter patience: how long calls that may be repeated wait while no instance of `audience` takes calls.
    package init(
        from issuer: ServiceName, to audience: ServiceName, key: Secret<[UInt8]>, pool: ClientPool,
        patience: Duration = .zero, clock: Clock = .system
    ) {
        self.issuer = issuer
        self.audience = audience
        self.pool = pool
        self.patience = patience
        self.clock = clock
        signer = CallerContextSigner(issuer: issuer, audience: audience, key: key)
    }

    package func call<E: Endpoint>(
        _ endpoint: E.Type, _ input: E.Input, for facts: CallFacts?
    ) async throws(CallFault) -> E.Output {
        try await call(endpoint, input, for: facts, key: facts?.idempotency?.onwardKey)
    }

    /// Calls `endpoint` with a key of the caller's choice, for work of the service's own and for handlers that call an
    /// operation more than once.
    ///
    /// - Parameter key: sent where the operation is keyed; such a call is sent again where no answer came.
    package func call<E: Endpoint>(
        _ endpoint: E.Type, _ input: E.Input, for facts: CallFacts?, key: IdempotencyKey?
    ) async throws(CallFault) -> E.Output {
        let key = E.policy.retry == .keyed ? key : nil
        var sink = FieldSink()
        let shape = E.input
        if shape.hasBody { sink.body.beginObject() }
        shape.encode(input, into: &sink)
        if shape.hasBody { sink.body.endObject() }
        let deadline = min(.after(E.policy.deadline), facts?.deadline ?? .after(E.policy.deadline))
        if let key { sink.headers.append((IdempotencyKey.header, key.headerValue)) }
        let head = head(endpoint, sink, facts, deadline)
        let body = shape.hasBody ? ByteBuffer(bytes: sink.body.bytes) : nil
        let repetition: ClientCall.Repetition = E.policy.retry == .safe ? .safe : key != nil ? .keyed : .never
        let (answer, bytes) = try await send(
            ClientCall(head, body: body, deadline: deadline, repetition: repetition, patience: patience))
        return try Self.decode(endpoint, answer, bytes)
    }

    private func head<E: Endpoint>(
        _ endpoint: E.Type, _ sink: FieldSink, _ facts: CallFacts?, _ deadline: Deadline
    ) -> RequestHead {
        var target = PathTemplate(E.path.description).filled(with: sink.path)
        if !sink.query.isEmpty { target += "?" + QueryParameters.encode(sink.query) }
        var fields = HeaderFields()
        fields.append(InternalHeaders.caller, ownContext())
        fields.append(InternalHeaders.requestID, facts?.requestID ?? RequestID.make().description)
        fields.append(InternalHeaders.traceparent, facts?.traceparent ?? TraceContext.root().description)
        fields.append(InternalHeaders.deadline, Int(deadline.remaining.wholeMilliseconds))
        if E.input.hasBody {
            let type = E.method == .patch ? MediaTypeName.mergePatch : MediaTypeName.json
            fields.append("content-type", type)
        }
        for (name, value) in sink.headers { fields.append(name, value) }
        return RequestHead(
            method: RequestMethod(E.method.rawValue), scheme: "http", authority: audience.rawValue, path: target,
            fields: fields)
    }

    /// The context in which this process calls for itself, signed anew when it is no longer fresh.
    private func ownContext() -> String {
        let now = clock.now
        return signed.withLock { signed in
            if let signed, signed.fresh.contains(now) { return signed.text }
            let text = signer.sign(CallerContext(issuer: issuer), now: now)
            signed = (text, now..<now + CallerContextSigner.reuse)
            return text
        }
    }

    private func send(_ call: ClientCall) async throws(CallFault) -> (ResponseHead, ByteBuffer) {
        do throws(ClientFailure) {
            return try await pool.send(call, responseBodyMax: Self.answerBytesMax)
        } catch {
            throw CallFault(error, audience)
        }
    }

    private static func decode<E: Endpoint>(
        _ endpoint: E.Type, _ head: ResponseHead, _ body: ByteBuffer
    ) throws(CallFault) -> E.Output {
        var object: JSONObject?
        if body.readableBytes > 0 {
            guard case .object(let parsed)? = try? JSONValue.parse(Array(body.readableBytesView)) else {
                throw .malformed(reason: "\(E.operationID): the answer is no JSON object")
            }
            object = parsed
        }
        guard head.status < 400 else {
            throw .problem(code: object?["code"]?.string ?? "none", status: head.status)
        }
        let fields = head.fields
        let source = FieldSource(header: { fields.first($0) }, body: object, refusesUnknown: false)
        guard let output = E.output.decode(status: head.status, source) else {
            throw .malformed(reason: "\(E.operationID): the answer \(head.status) is not as declared")
        }
        return output
    }
}

extension CallFault {
    fileprivate init(_ failure: ClientFailure, _ service: ServiceName) {
        switch failure.code {
        case .deadlineExceeded: self = .deadlineExceeded
        case .malformed, .tooLarge: self = .malformed(reason: "\(service.rawValue): \(failure.code)")
        default:
            self = .unavailable(
                didNoWork: failure.provablyDidNoWork, reason: "\(service.rawValue): \(failure.code)")
        }
    }
}
