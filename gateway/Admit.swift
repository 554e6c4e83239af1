internal import Contract
internal import HTTP
internal import Primitives
internal import Transport

extension Pipeline {
    /// Is this a request that the edge understands in one way only? (Sizes of heads are Transport's.)
    func admit(_ exchange: ServerExchange) throws(Problem) -> CanonicalPath {
        switch exchange.head.method {
        case .get, .head, .post, .put, .patch, .delete, .options: break
        case .connect where exchange.head.asksForWebSocket: break
        case .connect, .trace, .other:
            throw Problem(.notImplemented, detail: "The method is not one that this server has.")
        }
        // `OPTIONS *` asks about the server as a whole (RFC 9110, section 9.3.7); the index stands for it.
        if exchange.head.path == "*" { return .root }
        do throws(CanonicalPath.Refusal) {
            return try CanonicalPath(exchange.head.path)
        } catch {
            throw Problem(.malformedRequest, detail: error.rawValue)
        }
    }

    /// Once the endpoint is known: a body that it does not take is refused before a byte of it is read where its length
    /// is told, else with its first byte.
    // Inlined, since most requests have no body: a call that may wait costs more than to see that.
    @inline(__always)
    func admitBody(
        _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ story: inout RequestStory
    ) async throws(Problem) {
        if try admitsBody(exchange, endpoint) { return }
        try await requireEmptyBody(exchange, endpoint, &story)
    }

    /// False where it has to be read to be known for empty.
    private func admitsBody(_ exchange: ServerExchange, _ endpoint: EndpointRoute) throws(Problem) -> Bool {
        if exchange.head.method == .connect, endpoint.silenceMax == nil { throw .noTunnel }
        let length = exchange.head.contentLength
        // What follows the wish for a tunnel is the tunnel's.
        guard length.map({ $0 > 0 }) ?? (!exchange.body.isComplete && !exchange.head.asksForWebSocket) else {
            return true
        }
        guard endpoint.takesBody else { return false }
        if let length, length > endpoint.bodyBytesMax { throw endpoint.bodyTooLarge }
        if let coding = exchange.head.fields.first("content-encoding"), coding.lowercased() != "identity" {
            throw Problem(.unsupportedMediaType, detail: "Send the body without a content coding.")
        }
        return true
    }

    private static var noBody: Problem { Problem(.malformedRequest, detail: "The operation takes no body.") }

    /// A request whose end is not known yet may still have nothing in it.
    private func requireEmptyBody(
        _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ story: inout RequestStory
    ) async throws(Problem) {
        // Who asks first need not send it to hear that.
        if exchange.head.expectsContinue { throw Self.noBody }
        do throws(BodyFailure) {
            _ = try await exchange.body.collect(upTo: 0, by: exchange.startedAt.advanced(by: endpoint.deadline))
        } catch .tooLarge {
            throw Self.noBody
        } catch {
            if case .tooSlow = error { story.limit = "body-deadline" }
            throw .body(error, endpoint)
        }
        story.finish("read")
    }
}

extension CanonicalPath {
    static let root: CanonicalPath = {
        guard let root = try? CanonicalPath("/") else { preconditionFailure("a slash is a canonical path") }
        return root
    }()
}
