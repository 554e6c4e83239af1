internal import Contract
internal import HTTP
internal import Telemetry
internal import Transport

extension Pipeline {
    /// Answers what a browser asks before a page of another origin may send a request: from the contracts, with no
    /// service asked.
    ///
    /// - Returns: false where it is none, or one of an origin that may not read; that is an ordinary `OPTIONS`, whose
    ///   answer allows nothing.
    func preflight(
        _ exchange: ServerExchange, _ path: CanonicalPath, _ story: inout RequestStory
    ) throws(Problem) -> Bool {
        guard let crossOrigin = browsers.crossOrigin, exchange.head.method == .options,
            let wanted = exchange.head.fields.first("access-control-request-method"),
            exchange.head.fields.contains("origin")
        else { return false }
        defer { story.finish("preflight") }
        guard story.reader != nil else {
            story.detail = "preflight: the origin is not one that may read answers"
            return false
        }
        guard let allowance = router.preflight(RequestMethod(wanted), path, try router.find(.options, path)) else {
            return false
        }
        story.operation = Router.preflightOperation
        story.status = 204
        var head = edgeHead(204, story)
        head.fields.append("allow", allowance.methods)
        head.fields.append("access-control-allow-methods", allowance.methods)
        head.fields.append("access-control-allow-headers", allowance.headers)
        head.fields.append("access-control-max-age", crossOrigin.maxAge)
        head.fields.append("vary", "access-control-request-method, access-control-request-headers")
        exchange.respond(head)
        return true
    }
}

extension Router {
    static let preflightOperation = "preflight"

    /// The methods and the fields that a page may send there; nil where the edge itself answers.
    fileprivate func preflight(
        _ method: RequestMethod, _ path: CanonicalPath, _ finding: Finding
    ) -> (methods: String, headers: String)? {
        switch finding {
        case .options(let options): (options.allow, crossOriginHeaders(method, path))
        // What the upstream takes it alone knows; that a page of this origin may ask is the edge's to say.
        case .route(.upstream(let upstream)): (Self.usualMethods, upstream.crossOriginHeaders)
        case .route: nil
        }
    }

    /// The methods of RFC 9110 and RFC 5789 that a page can send.
    private static let usualMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

    private func crossOriginHeaders(_ method: RequestMethod, _ path: CanonicalPath) -> String {
        guard case .route(.endpoint(let endpoint))? = try? find(method, path) else {
            return EndpointRoute.crossOriginHeaders
        }
        return endpoint.crossOriginHeaders
    }
}

extension EndpointRoute {
    /// What a page may send with any request.
    static let crossOriginHeaders = "authorization, x-api-key, traceparent"

    /// What a page may send, as the contract says: `Access-Control-Allow-Headers`.
    static func crossOriginHeaders(_ description: EndpointDescription) -> String {
        var names = [crossOriginHeaders]
        if description.inputSchema != nil { names.append("content-type") }
        names.append(description.method.isSafe ? "if-none-match" : "x-csrf-token")
        if description.isKeyed { names.append(IdempotencyKey.header) }
        for field in description.input where field.place == .header && !names.contains(field.name) {
            names.append(field.name)
        }
        return names.joined(separator: ", ")
    }
}
