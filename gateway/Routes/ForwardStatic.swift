internal import Contract
internal import HTTP
internal import Primitives
internal import ServiceKit
internal import Telemetry
internal import Transport

extension Pipeline {
    /// As `forward`, to an upstream that is none of the suite's: it is not told who calls.
    func forward(
        _ exchange: ServerExchange, _ upstream: StaticUpstream, _ path: CanonicalPath, _ caller: VerifiedToken?,
        _ story: inout RequestStory
    ) async throws(Problem) {
        let contract = upstream.contract(exchange.head.method)
        var fields = HeaderFields()
        fields.reserve(fields: 24, bytes: 2048)
        upstream.fields.copy(exchange.head.fields, to: &fields)
        if coder != nil, upstream.route.compresses {
            // The edge's to do, and its tags with it: those of an upstream that codes by itself look alike.
            fields.remove("accept-encoding")
            CodedTag.removeCodings(&fields)
        }
        ForwardingFields.set(on: &fields, for: exchange)
        fields.append(story.id)
        fields.append(InternalHeaders.traceparent, story.trace.description)
        // It belongs to the trace that the client has begun (W3C Trace Context, section 3.3).
        if story.parentSpan != nil, let state = exchange.head.fields.combined("tracestate").flatMap(TraceState.init) {
            fields.append("tracestate", state.description)
        }
        // The host stays what the client asked for: its pages and its checks of origins are made of it.
        let head = RequestHead(
            method: exchange.head.method, authority: exchange.head.authority, path: path.target, fields: fields)
        let call = ClientCall(
            head, deadline: exchange.startedAt.advanced(by: contract.deadline),
            repetition: contract.repetition(exchange.head.fields), patience: upstreams.patience)
        if exchange.head.asksForWebSocket, upstream.route.takesWebSockets {
            return try await tunnel(exchange, call, contract, upstream, caller, &story)
        }
        try await send(call, exchange, contract, upstream, &story)
    }

    func admitBody(_ exchange: ServerExchange, _ upstream: StaticUpstream) throws(Problem) {
        let contract = upstream.contract(exchange.head.method)
        if exchange.head.method == .connect, !upstream.route.takesWebSockets { throw .noTunnel }
        guard let length = exchange.head.contentLength, length > contract.bodyBytesMax else { return }
        throw contract.bodyTooLarge
    }
}

extension Problem {
    static var noTunnel: Problem { Problem(.notImplemented, detail: "There is no WebSocket here.") }
}
