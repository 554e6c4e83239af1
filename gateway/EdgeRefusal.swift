internal import Contract
internal import HTTP
internal import ServiceKit
internal import TLS
internal import Telemetry
internal import Transport

extension RefusalAnswer {
    /// Problems with the headers that every answer has, also to what no phase ever sees.
    ///
    /// - Parameters:
    ///   - fields: what every answer of the port says to browsers.
    ///   - observer: hears of each, as of any request. Of what was asked only the method is told: the rest was not
    ///     read, or is not to be trusted.
    static func problem(_ fields: HeaderFields, _ observer: RequestObserver) -> RefusalAnswer {
        RefusalAnswer { refusal in
            let (refused, connection) = (refusal.head, refusal.connection)
            let id = RequestID.make()
            let problem = Problem(kind(refused.status), detail: "Refused: \(refused.reason).")
            let body = problem.body(requestID: id.description)
            observer.observe(
                RequestObservation(
                    operation: "none", method: refused.method ?? "none", status: problem.kind.status,
                    duration: refusal.duration, responseBytes: body.count, requestID: id,
                    errorCode: problem.kind.code, detail: refused.reason, client: connection.peer.text,
                    certificate: connection.tls?.client.map { ($0.subject, $0.fingerprint) }))
            return Answer(head: head(of: problem, id, fields), body: body, requestID: id.description)
        }
    }

    private static func head(of problem: Problem, _ id: RequestID, _ fields: HeaderFields) -> ResponseHead {
        var head = ResponseHead(status: problem.kind.status, fields: fields)
        head.fields.append("content-type", Problem.contentType)
        head.fields.append("cache-control", "no-store")
        head.fields.append(DateField.name, DateField.text())
        head.fields.append(ProxyFault.header, ProxyFault(problem.kind).field)
        head.fields.append(InternalHeaders.requestID, id.description)
        return head
    }

    private static func kind(_ status: Int) -> ProblemKind {
        switch status {
        case 421: .misdirected
        case 431: .headersTooLarge
        // 505 too: a version that is not there is a feature that is not there.
        case 501, 505: .notImplemented
        default: .malformedRequest
        }
    }
}
