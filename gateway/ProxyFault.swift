internal import Contract
internal import Transport

/// Why the edge has answered in place of a service, as `Proxy-Status` tells it (RFC 9209, section 2.3). Names and
/// addresses of what is behind the edge are not told.
enum ProxyFault: String, Sendable, CaseIterable {
    case destinationUnavailable = "destination_unavailable"
    case connectionTerminated = "connection_terminated"
    case connectionTimeout = "connection_timeout"
    case connectionLimitReached = "connection_limit_reached"
    case requestError = "http_request_error"
    case requestDenied = "http_request_denied"
    case responseIncomplete = "http_response_incomplete"
    case responseBodySize = "http_response_body_size"
    case responseTimeout = "http_response_timeout"
    case protocolError = "http_protocol_error"
    case internalError = "proxy_internal_error"

    static let header = "proxy-status"

    var field: String { "causeway; error=" + rawValue }

    /// What a call that failed on the way to a service is; nil where nobody is left to be told.
    init?(_ failure: ClientFailure) {
        switch failure.code {
        case .connectFailed, .closed, .goAway, .refusedStream: self = .destinationUnavailable
        case .connectTimeout: self = .connectionTimeout
        case .poolExhausted: self = .connectionLimitReached
        case .deadlineExceeded: self = .responseTimeout
        case .reset, .connectionLost: self = .connectionTerminated
        case .malformed, .tunnelUnknown: self = .protocolError
        case .tooLarge: self = .responseBodySize
        case .finished: self = .internalError
        case .cancelled: return nil
        }
    }

    /// What a problem is that the edge has found by itself.
    init(_ kind: ProblemKind) {
        switch kind.status {
        case 401, 403, 429: self = .requestDenied
        case 503: self = kind == .overloaded ? .requestDenied : .destinationUnavailable
        case 502: self = .protocolError
        case 504: self = .responseTimeout
        case 501, 505, ..<500: self = .requestError
        default: self = .internalError
        }
    }
}
