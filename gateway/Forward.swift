internal import Contract
internal import HTTP
internal import NIOCore
internal import Primitives
internal import ServiceKit
internal import Telemetry
internal import Transport

extension Pipeline {
    /// Bodies up to this size are held whole: a request's until it is complete, so that a slow client holds no stream
    /// of a service and the call can be sent again; an answer's so that it is one write. It is no more than the
    /// window that a stream has anyway.
    static let wholeBodyBytesMax = 64 * 1024

    /// The service answers, through here. Bodies stream both ways as fast as the slower side takes them.
    func forward(
        _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ path: CanonicalPath, _ caller: VerifiedToken?,
        _ story: inout RequestStory
    ) async throws(Problem) {
        let upstream = upstreams[endpoint.service]
        let call = outbound(exchange, endpoint, path, caller, upstream.stamps, story)
        if endpoint.silenceMax != nil, exchange.head.asksForWebSocket {
            return try await tunnel(exchange, call, endpoint, upstream, caller, &story)
        }
        try await send(call, exchange, endpoint, upstream, &story)
    }

    /// Sends the request with its body, and passes the answer on.
    func send(
        _ call: ClientCall, _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ target: some CallTarget,
        _ story: inout RequestStory
    ) async throws(Problem) {
        if endpoint.silenceMax != nil { exchange.becomeLong() }
        guard endpoint.takesBody, !exchange.body.isComplete else {
            let answer = try await ask(call, endpoint, target, &story)
            return try await relay(answer, to: exchange, &story, answers: endpoint.answers)
        }
        guard min(exchange.head.contentLength ?? .max, endpoint.bodyBytesMax) <= Self.wholeBodyBytesMax else {
            return try await forwardStreaming(exchange, call, endpoint, target, &story)
        }
        let body = try await wholeBody(exchange, endpoint, by: call.deadline, &story)
        var call = call
        call.body = body
        // An upstream whose answer may last is given its time from the last byte on, as with a body that streams.
        if endpoint.silenceMax != nil { call.deadline = .after(endpoint.deadline) }
        call.stampDeadline(in: target.pool.configuration.deadlineField)
        call.trailers = passing(exchange.trailers, endpoint)
        if call.trailers == nil {
            call.head.fields.set("content-length", String(body.readableBytes))
        } else {
            // Nothing follows a body of a told length on HTTP/1.1.
            call.head.fields.remove("content-length")
        }
        let answer = try await ask(call, endpoint, target, &story)
        try await relay(answer, to: exchange, &story, answers: endpoint.answers)
    }

    /// The fields behind a request's body that go on; nil where there are none.
    private func passing(_ trailers: HeaderFields?, _ endpoint: EndpointRoute) -> HeaderFields? {
        guard let trailers = trailers?.passingTrailers() else { return nil }
        // To services none but what contracts declare.
        guard endpoint.answers == nil else { return trailers }
        var declared = HeaderFields()
        passing.requests.copy(trailers, to: &declared)
        return declared.isEmpty ? nil : declared
    }

    private func outbound(
        _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ path: CanonicalPath, _ caller: VerifiedToken?,
        _ stamps: ContextStamps, _ story: RequestStory
    ) -> ClientCall {
        let deadline = exchange.startedAt.advanced(by: endpoint.deadline)
        var fields = HeaderFields()
        fields.reserve(fields: 16, bytes: 1536)
        passing.requests.copy(exchange.head.fields, to: &fields)
        if coder != nil { CodedTag.removeCodings(&fields) }
        if !endpoint.cookies.isEmpty { copyCookies(exchange.head.fields, endpoint, to: &fields) }
        let stamp = stamps.stamp(
            caller, address: exchange.connection.peer.text, userAgent: userAgent(exchange.head.fields))
        fields.append(InternalHeaders.caller, stamp)
        fields.append(story.id)
        fields.append(InternalHeaders.traceparent, story.trace.description)
        fields.append(InternalHeaders.deadline, Int(deadline.since(story.now).wholeMilliseconds))
        let head = RequestHead(method: exchange.head.method, path: path.target, fields: fields)
        return ClientCall(
            head, deadline: deadline, repetition: endpoint.repetition(exchange.head.fields),
            patience: upstreams.patience)
    }

    private func userAgent(_ fields: HeaderFields) -> String? {
        fields.firstIndex("user-agent").map { CallerContext.userAgent(of: fields.valueBytes(at: $0)) }
    }

    private func wholeBody(
        _ exchange: ServerExchange, _ endpoint: EndpointRoute, by deadline: Deadline, _ story: inout RequestStory
    ) async throws(Problem) -> ByteBuffer {
        do throws(BodyFailure) {
            let body = try await exchange.body.collect(upTo: endpoint.bodyBytesMax, by: deadline)
            story.requestBytes = body.readableBytes
            story.finish("read")
            return body
        } catch {
            if error == .tooSlow, deadline.hasPassed { throw lateBody(endpoint, &story) }
            throw .body(error, endpoint)
        }
    }

    /// The call's time was over before its body had come.
    private func lateBody(_ endpoint: EndpointRoute, _ story: inout RequestStory) -> Problem {
        story.limit = "body-deadline"
        return .body(.tooSlow, endpoint)
    }

    /// Sends a call whose body is whole and waits for the answer: all of it where it is short, so that one that breaks
    /// off can still come from elsewhere.
    private func ask(
        _ call: ClientCall, _ endpoint: EndpointRoute, _ target: some CallTarget, _ story: inout RequestStory
    ) async throws(Problem) -> ClientAnswer {
        try begin(target.load, endpoint, &story)
        defer {
            target.load.end()
            story.finish("upstream")
        }
        do throws(ClientFailure) {
            let answer = try await target.pool.ask(call, reading: .declared(bytesMax: Self.wholeBodyBytesMax))
            forget(after: answer.head, endpoint, call.head.path)
            if let silence = endpoint.silenceMax { answer.exchange.allowSilence(silence) }
            story.finish("queue", at: answer.exchange.openedAt)
            return answer
        } catch {
            throw upstreamProblem(error, endpoint, &story)
        }
    }

    /// Counts a request among those that wait for their upstream; what was begun is to be ended.
    func begin(
        _ load: UpstreamLoad, _ endpoint: EndpointRoute, _ story: inout RequestStory, mayWait: Bool = false
    ) throws(Problem) {
        guard !load.begin(mayWait: mayWait) else { return }
        throw crowded(endpoint, &story)
    }

    /// Too many wait for the upstream already.
    func crowded(_ endpoint: EndpointRoute, _ story: inout RequestStory) -> Problem {
        observer.observe(
            LimitObservation(limit: "upstream-requests", detail: endpoint.upstreamName, requestID: story.id))
        story.detail = "\(endpoint.upstreamName): too many requests wait"
        story.proxyFault = .connectionLimitReached
        // Spread, so that those who were refused together do not come back together.
        return Problem(.unavailable, retryAfter: .seconds(Int64.random(in: 1...3)))
    }

    func upstreamProblem(
        _ failure: ClientFailure, _ endpoint: EndpointRoute, _ story: inout RequestStory
    ) -> Problem {
        story.detail = "\(endpoint.upstreamName): \(failure.code)"
        story.proxyFault = ProxyFault(failure)
        return .upstream(failure)
    }

    /// Sends the body as it comes while the answer is awaited and passed on: either side may be first.
    private func forwardStreaming(
        _ exchange: ServerExchange, _ call: ClientCall, _ endpoint: EndpointRoute, _ target: some CallTarget,
        _ story: inout RequestStory
    ) async throws(Problem) {
        try begin(target.load, endpoint, &story, mayWait: true)
        var isWaiting = true
        defer { if isWaiting { target.load.end() } }
        let upstream: ClientExchange
        do throws(ClientFailure) {
            upstream = try await target.pool.open(call, hasBody: true)
            story.finish("queue")
        } catch {
            throw upstreamProblem(error, endpoint, &story)
        }
        if endpoint.silenceMax != nil { upstream.allowSilence(endpoint.deadline) }
        // What is not over by then is given up: the answer is complete, or there will be none.
        defer { upstream.cancel() }
        async let uploading = upload(exchange, to: upstream, endpoint)
        let answer: ResponseHead
        do throws(ClientFailure) {
            answer = try await upstream.response()
            if let silence = endpoint.silenceMax { upstream.allowSilence(silence) }
            story.finish("upstream")
        } catch {
            if error.code == .deadlineExceeded, exchange.body.isAwaited { throw lateBody(endpoint, &story) }
            let problem = upstreamProblem(error, endpoint, &story)
            // The upload gives the exchange up where the body is at fault.
            if error.code == .cancelled, let fault = await uploading { throw fault }
            throw problem
        }
        target.load.end()
        isWaiting = false
        forget(after: answer, endpoint, call.head.path)
        try await relay(
            ClientAnswer(head: answer, exchange: upstream), to: exchange, &story, answers: endpoint.answers)
    }

    /// - Returns: what is wrong with the client's body; nil where it is not at fault.
    private func upload(
        _ exchange: ServerExchange, to upstream: ClientExchange, _ endpoint: EndpointRoute
    ) async -> Problem? {
        var bytesLeft = endpoint.bodyBytesMax
        while true {
            let bytes: ByteBuffer?
            do throws(BodyFailure) {
                bytes = try await exchange.body.next()
                bytesLeft -= bytes?.readableBytes ?? 0
                if bytesLeft < 0 { throw .tooLarge }
            } catch {
                upstream.cancel()
                return .body(error, endpoint)
            }
            guard let bytes else { break }
            // Where the service takes no more, its answer says why.
            do throws(ClientFailure) { try await upstream.write(bytes) } catch { return nil }
        }
        upstream.finish(trailers: passing(exchange.trailers, endpoint))
        return nil
    }
}

extension Problem {
    /// What a call that failed on the way to a service is to the client.
    static func upstream(_ failure: ClientFailure) -> Problem {
        switch failure.code {
        case .connectFailed, .connectTimeout, .poolExhausted, .refusedStream, .goAway, .closed:
            Problem(.unavailable, retryAfter: .seconds(1))
        case .deadlineExceeded: Problem(.deadlineExceeded)
        case .reset, .connectionLost, .malformed, .tooLarge, .finished, .tunnelUnknown: Problem(.badGateway)
        // The client is gone: nobody reads this.
        case .cancelled: Problem(.unavailable, retryAfter: .seconds(1))
        }
    }

    /// What a body that did not come whole is to the client.
    static func body(_ failure: BodyFailure, _ endpoint: EndpointRoute) -> Problem {
        switch failure {
        case .tooLarge: endpoint.bodyTooLarge
        case .tooSlow: Problem(.malformedRequest, detail: "The body came too slowly.")
        case .malformed: Problem(.malformedRequest, detail: "The body's framing is broken.")
        case .reset, .connectionLost, .cancelled, .finished:
            Problem(.malformedRequest, detail: "The body did not arrive whole.")
        }
    }
}
