internal import Contract
internal import HTTP
internal import NIOCore
internal import Primitives
internal import ServiceKit
internal import Telemetry
internal import Transport

extension Pipeline {
    /// The head of any answer of the edge, with the fields that every answer has.
    func edgeHead(_ status: Int, _ story: RequestStory, contentSecurity: String? = nil) -> ResponseHead {
        var fields = contentSecurity == nil ? DateField.api(at: story.time) : DateField.common(at: story.time)
        // Room for what a service adds as a rule, and no more than what the allocator has at hand.
        fields.reserve(fields: 24, bytes: 960)
        if let contentSecurity { fields.append("content-security-policy", contentSecurity) }
        tell(of: story, &fields)
        browsers.crossOrigin?.tell(story.reader, &fields)
        story.cacheStatus?.tell(&fields)
        return ResponseHead(status: status, fields: fields)
    }

    /// What every answer says of its request beside the date, the opening of a tunnel too.
    func tell(of story: RequestStory, _ fields: inout HeaderFields) {
        fields.append(story.id)
        story.allowance?.tell(&fields)
    }

    /// Answers with a problem, unless an answer has begun or nobody waits for one.
    func answer(_ problem: Problem, _ exchange: ServerExchange, _ story: inout RequestStory) {
        story.look()
        story.status = problem.kind.status
        story.problemCode = problem.kind.code
        guard !exchange.isAnswered else { return exchange.abort() }
        var head = edgeHead(problem.kind.status, story)
        head.fields.append("content-type", Problem.contentType)
        head.fields.append("cache-control", "no-store")
        head.fields.append(ProxyFault.header, (story.proxyFault ?? ProxyFault(problem.kind)).field)
        for (name, value) in problem.allHeaders { head.fields.append(name, value) }
        let body = problem.body(requestID: story.id.description)
        story.responseBytes = body.count
        exchange.respond(head, body: ByteBuffer(bytes: body))
    }

    /// `OPTIONS`: what can be done (RFC 9110, section 9.3.7).
    func answer(_ options: Router.PathOptions, _ exchange: ServerExchange, _ story: inout RequestStory) {
        story.status = 204
        var head = edgeHead(204, story)
        head.fields.append("allow", options.allow)
        if let types = options.acceptPatch { head.fields.append("accept-patch", types) }
        if let types = options.acceptPost { head.fields.append("accept-post", types) }
        exchange.respond(head)
    }

    func answer(
        _ route: OwnRoute, _ path: CanonicalPath, _ exchange: ServerExchange, _ story: inout RequestStory
    ) async {
        if exchange.head.method == .connect { return answer(.noTunnel, exchange, &story) }
        switch route {
        case .liveness: answerText(200, "alive\n", exchange, &story)
        case .readiness:
            let (status, text) = await readiness.reply(verbose: path.query == "verbose")
            story.look()
            answerText(status, text, exchange, &story)
        case .document(let document):
            story.status = 200
            var head = edgeHead(200, story, contentSecurity: document.contentSecurity)
            head.fields.append("content-type", document.contentType)
            head.fields.append("cache-control", document.cacheControl)
            let body = codedBody(of: document, exchange, &head)
            story.responseBytes = body.readableBytes
            exchange.respond(head, body: body)
        }
    }

    private func answerText(_ status: Int, _ text: String, _ exchange: ServerExchange, _ story: inout RequestStory) {
        story.status = status
        var head = edgeHead(status, story)
        head.fields.append("content-type", "text/plain; charset=utf-8")
        head.fields.append("cache-control", "no-store")
        story.responseBytes = text.utf8.count
        exchange.respond(head, body: ByteBuffer(string: text))
    }
}

extension HeaderFields {
    /// Adds the request's id.
    mutating func append(_ id: RequestID) {
        append(InternalHeaders.requestID, bytesMax: UUIDv7.textBytes) { text in
            text.withUnsafeMutableBufferPointer { buffer, written in
                id.uuid.write(to: buffer)
                written = UUIDv7.textBytes
            }
        }
    }
}

/// What every answer says to browsers (security.md, "headers").
enum SecurityHeaders {
    /// For answers that are data: nothing in them is to be loaded, run or framed.
    static let apiContentSecurity = "default-src 'none'; frame-ancestors 'none'"

    static let common: HeaderFields = [
        "strict-transport-security": "max-age=63072000; includeSubDomains; preload",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
    ]

    /// With `apiContentSecurity`.
    static let api: HeaderFields = {
        var fields = common
        fields.append("content-security-policy", apiContentSecurity)
        return fields
    }()

    /// Of the same answers on the port for plain HTTP: only one over TLS may ask for it (RFC 6797, section 7.2).
    static let inCleartext: HeaderFields = {
        var fields = api
        fields.remove("strict-transport-security")
        return fields
    }()
}
