internal import Contract
internal import HTTP
internal import Postgres
internal import Redis

/// The one place where errors become answers.
struct FaultRescue: Sendable {
    private let kinds: [String: ProblemKind]

    init(problems: [ProblemKind]) {
        kinds = Dictionary(problems.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The answer to what `endpoint` threw.
    func reply(to error: any Error, from endpoint: EndpointDescription, requestID: String) -> OutboundReply {
        let (problem, privateDetail) = problem(for: error, from: endpoint)
        var reply = Self.reply(problem, requestID: requestID)
        reply.operationID = endpoint.operationID
        reply.privateDetail = privateDetail
        return reply
    }

    static func reply(_ problem: Problem, requestID: String) -> OutboundReply {
        var headers: HeaderFields = ["content-type": Problem.contentType, "cache-control": "no-store"]
        for (name, value) in problem.allHeaders { headers.append(name, value) }
        return OutboundReply(
            status: problem.kind.status, headers: headers, body: problem.body(requestID: requestID),
            problemCode: problem.kind.code)
    }

    private func problem(
        for error: any Error, from endpoint: EndpointDescription
    ) -> (Problem, privateDetail: String?) {
        switch error {
        case let problem as Problem: (problem, nil)
        case let rejection as any RejectionProtocol: declared(rejection, endpoint)
        case let failure as PostgresFailure: Self.problem(for: failure)
        case let failure as RedisFailure:
            (Problem(.unavailable, retryAfter: .seconds(1)), "redis: \(failure)")
        case let fault as CallFault: Self.problem(for: fault)
        case is CancellationError: (Problem(.unavailable, retryAfter: .seconds(1)), "the caller went away")
        default: (Problem(.fault), "\(type(of: error)): \(error)")
        }
    }

    private func declared(
        _ rejection: any RejectionProtocol, _ endpoint: EndpointDescription
    ) -> (Problem, privateDetail: String?) {
        guard endpoint.failures.contains(rejection.code), let kind = kinds[rejection.code] else {
            return (Problem(.fault), "\(endpoint.operationID) does not declare \(rejection.code)")
        }
        let problem = Problem(
            kind, detail: rejection.detail, errors: rejection.errors, retryAfter: rejection.retryAfter,
            headers: rejection.headers)
        return (problem, nil)
    }

    private static func problem(for failure: PostgresFailure) -> (Problem, privateDetail: String?) {
        let detail = "postgres: \(failure) \(failure.privateDetail)"
        return switch failure.kind {
        case .connectionLost, .unavailable, .tooManyWaiters, .closed, .cancelled:
            (Problem(.unavailable, retryAfter: .seconds(1)), detail)
        case .timeout: (Problem(.deadlineExceeded), detail)
        // Only `statement_timeout` cancels statements here.
        case .server(let error) where error.sqlState == .queryCancelled: (Problem(.deadlineExceeded), detail)
        case .server where failure.isSafeToRetry: (Problem(.unavailable, retryAfter: .seconds(1)), detail)
        case .server(let error) where error.sqlState.code.hasPrefix("57") || error.sqlState.code.hasPrefix("53"):
            // Operator intervention and insufficient resources: the server is going away or full.
            (Problem(.unavailable, retryAfter: .seconds(1)), detail)
        case .server, .transactionAborted, .transactionEnded, .parametersTooLarge, .shape:
            (Problem(.fault), detail)
        }
    }

    private static func problem(for fault: CallFault) -> (Problem, privateDetail: String?) {
        switch fault {
        case .problem(let code, let status):
            status == 503 || status == 429 || code == ProblemKind.idempotencyInFlight.code
                ? (Problem(.unavailable, retryAfter: .seconds(1)), "a called service answered \(code)")
                : (Problem(.fault), "a called service answered \(status) \(code)")
        case .unavailable(_, let reason): (Problem(.unavailable, retryAfter: .seconds(1)), reason)
        case .deadlineExceeded: (Problem(.deadlineExceeded), "a called service took too long")
        case .malformed(let reason): (Problem(.badGateway), reason)
        }
    }
}
