internal import Contract
internal import HTTP
internal import ServiceKit
internal import Telemetry
internal import Transport

extension RefusalAnswer {
    /// Problems with the headers that every answer has, also to what no phase ever sees.
    static let problem = RefusalAnswer { status, reason in
        let id = RequestID.make().description
        let problem = Problem(kind(status), detail: "Refused: \(reason).")
        var head = ResponseHead(status: problem.kind.status, fields: SecurityHeaders.common)
        head.fields.append("content-security-policy", SecurityHeaders.apiContentSecurity)
        head.fields.append("content-type", Problem.contentType)
        head.fields.append("cache-control", "no-store")
        head.fields.append(InternalHeaders.requestID, id)
        return (head, problem.body(requestID: id))
    }

    private static func kind(_ status: Int) -> ProblemKind {
        switch status {
        case 431: .headersTooLarge
        // 505 too: a version that is not there is a feature that is not there.
        case 501, 505: .notImplemented
        default: .malformedRequest
        }
    }
}
