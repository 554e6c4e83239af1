internal import Contract
internal import HTTP
internal import Transport

extension Pipeline {
    /// Is this a request that the edge understands in one way only? (Sizes of heads are Transport's.)
    func admit(_ exchange: ServerExchange) throws(Problem) -> CanonicalPath {
        let head = exchange.head
        switch head.method {
        case .get, .head, .post, .put, .patch, .delete, .options: break
        case .connect where head.asksForWebSocket: break
        case .connect, .trace, .other:
            throw Problem(.notImplemented, detail: "The method is not one that this server has.")
        }
        // `OPTIONS *` asks about the server as a whole (RFC 9110, section 9.3.7); the index stands for it.
        if head.path == "*" { return .root }
        do throws(CanonicalPath.Refusal) {
            return try CanonicalPath(head.path)
        } catch {
            throw Problem(.malformedRequest, detail: error.rawValue)
        }
    }

    /// Once the endpoint is known: a declared body that is too large is refused before a byte of it is read.
    func admitBody(_ exchange: ServerExchange, _ endpoint: EndpointRoute) throws(Problem) {
        if exchange.head.method == .connect, endpoint.silenceMax == nil { throw .noTunnel }
        guard let length = exchange.head.contentLength, length > 0 else { return }
        guard endpoint.takesBody else {
            throw Problem(.malformedRequest, detail: "The operation takes no body.")
        }
        guard length <= endpoint.bodyBytesMax else { throw endpoint.bodyTooLarge }
        if let coding = exchange.head.fields.first("content-encoding"), coding.lowercased() != "identity" {
            throw Problem(.unsupportedMediaType, detail: "Send the body without a content coding.")
        }
    }
}

extension CanonicalPath {
    static let root: CanonicalPath = {
        guard let root = try? CanonicalPath("/") else { preconditionFailure("a slash is a canonical path") }
        return root
    }()
}
