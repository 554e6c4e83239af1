internal import Contract
internal import HTTP
internal import NIOCore
internal import Primitives
internal import RateLimiting
internal import ServiceKit
internal import Telemetry
internal import Transport

/// The plain HTTP port: sends those who read to HTTPS (308), but shows the answers for a certificate authority, and
/// takes nothing else, since whatever a client sends here the whole way can read.
struct RedirectHandler: RequestHandler {
    /// Where a request without a usable host is sent.
    let publicHost: String
    let publicPort: Int
    /// Nil where none are shown.
    let challenges: AcmeChallenges?

    let proxies: TrustedProxies
    let limits: RateGate
    let observer: RequestObserver

    /// The operation of an answer here, in logs and metrics.
    static let operation = "redirect"

    func handle(_ exchange: ServerExchange) async {
        let id = RequestID.make()
        var head = Self.head(id)
        var body: ByteBuffer?
        var problem: Problem?
        do throws(Problem) {
            body = try await answer(exchange, id, &head)
        } catch {
            problem = error
            head.status = error.kind.status
            head.fields.append("content-type", Problem.contentType)
            head.fields.append(ProxyFault.header, ProxyFault(error.kind).field)
            for (name, value) in error.allHeaders { head.fields.append(name, value) }
            body = ByteBuffer(bytes: error.body(requestID: id.description))
        }
        exchange.respond(head, body: body)
        observe(exchange, id, head.status, bytes: body?.readableBytes ?? 0, problem)
    }

    private func answer(
        _ exchange: ServerExchange, _ id: RequestID, _ head: inout ResponseHead
    ) async throws(Problem) -> ByteBuffer? {
        let request = exchange.head
        try proxies.recognise(exchange, id, observer)
        let rule = limits.classes.connection
        let allowance = await limits.charge(rule, rule.demand(of: exchange.connection.peer.limitSubject))
        allowance.tell(&head.fields)
        guard allowance.decision.isAllowed else {
            throw Problem(.rateLimited, retryAfter: allowance.decision.retryAfter)
        }
        guard request.method == .get || request.method == .head else {
            throw Problem(.malformedRequest, detail: "This port only redirects to https.")
        }
        let path: CanonicalPath
        do throws(CanonicalPath.Refusal) { path = try CanonicalPath(request.path) } catch {
            throw Problem(.malformedRequest, detail: error.rawValue)
        }
        if let challenges, path.path.hasPrefix(AcmeChallenges.path) {
            guard let answer = await challenges.answer(String(path.path)) else { throw Problem(.notFound) }
            head.fields.append("content-type", "application/octet-stream")
            return ByteBuffer(bytes: answer)
        }
        let port = publicPort == 443 ? "" : ":\(publicPort)"
        let host = Self.host(of: request.authority) ?? publicHost
        head.status = 308
        head.fields.append("location", "https://\(host)\(port)\(path.target)")
        return nil
    }

    private func observe(
        _ exchange: ServerExchange, _ id: RequestID, _ status: Int, bytes: Int, _ problem: Problem?
    ) {
        if problem?.kind == .rateLimited {
            let client = exchange.connection.peer.text
            observer.observe(LimitObservation(limit: limits.classes.connection.name, detail: client, requestID: id))
        }
        let elapsed = Deadline.now.nanoseconds &- exchange.startedAt.nanoseconds
        observer.observe(
            RequestObservation(
                operation: Self.operation, method: exchange.head.method.text, status: status,
                duration: .nanoseconds(Int64(clamping: elapsed)), responseBytes: bytes, requestID: id,
                errorCode: problem?.kind.code, client: exchange.connection.peer.text))
    }

    /// What every answer here begins with.
    private static func head(_ id: RequestID) -> ResponseHead {
        var head = ResponseHead(status: 200, fields: SecurityHeaders.inCleartext)
        head.fields.append("cache-control", "no-store")
        head.fields.append(DateField.name, DateField.text())
        head.fields.append(id)
        return head
    }

    /// The host without its port; nil where it is not a plain name or address.
    static func host(of authority: String) -> String? {
        let host: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[...end]
            let inside = host.dropFirst().dropLast()
            guard !inside.isEmpty, inside.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
        } else {
            host = authority.prefix { $0 != ":" }
            guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(isNameByte) else { return nil }
        }
        return String(host)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte != UInt8(ascii: "_") && byte != UInt8(ascii: "~") && PercentEncoding.isUnreserved(byte)
    }
}
