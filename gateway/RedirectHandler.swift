internal import Contract
internal import HTTP
internal import NIOCore
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

    func handle(_ exchange: ServerExchange) async {
        let head = exchange.head
        guard head.method == .get || head.method == .head else {
            return refuse(Problem(.malformedRequest, detail: "This port only redirects to https."), exchange)
        }
        do throws(CanonicalPath.Refusal) {
            let path = try CanonicalPath(head.path)
            if let challenges, path.path.hasPrefix(AcmeChallenges.path) {
                return await answer(challenges, path, exchange)
            }
            let port = publicPort == 443 ? "" : ":\(publicPort)"
            let host = Self.host(of: head.authority) ?? publicHost
            var answer = Self.head(308)
            answer.fields.append("location", "https://\(host)\(port)\(path.target)")
            exchange.respond(answer)
        } catch {
            refuse(Problem(.malformedRequest, detail: error.rawValue), exchange)
        }
    }

    private func answer(_ challenges: AcmeChallenges, _ path: CanonicalPath, _ exchange: ServerExchange) async {
        guard let answer = await challenges.answer(String(path.path)) else {
            return refuse(Problem(.notFound), exchange)
        }
        var head = Self.head(200)
        head.fields.append("content-type", "application/octet-stream")
        exchange.respond(head, body: ByteBuffer(bytes: answer))
    }

    private func refuse(_ problem: Problem, _ exchange: ServerExchange) {
        let id = RequestID.make().description
        var head = Self.head(problem.kind.status)
        head.fields.append("content-type", Problem.contentType)
        head.fields.append(InternalHeaders.requestID, id)
        exchange.respond(head, body: ByteBuffer(bytes: problem.body(requestID: id)))
    }

    private static func head(_ status: Int) -> ResponseHead {
        var head = ResponseHead(status: status, fields: SecurityHeaders.common)
        // Only an answer over TLS may ask for it (RFC 6797, section 7.2).
        head.fields.remove("strict-transport-security")
        head.fields.append("cache-control", "no-store")
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
