import Contract
import HTTP
import Testing
import Transport

@testable import Gateway

@Suite("Proxy-Status")
struct ProxyFaultTests {
    @Test(
        "names what a service did",
        arguments: [
            (.connectFailed, "destination_unavailable"), (.connectTimeout, "connection_timeout"),
            (.poolExhausted, "connection_limit_reached"), (.deadlineExceeded, "http_response_timeout"),
            (.reset(.internalError), "connection_terminated"), (.connectionLost, "connection_terminated"),
            (.malformed, "http_protocol_error"), (.tooLarge, "http_response_body_size"), (.cancelled, nil),
        ] as [(ClientFailure.Code, String?)])
    func failures(code: ClientFailure.Code, name: String?) {
        #expect(ProxyFault(ClientFailure(code))?.rawValue == name)
    }

    @Test(
        "names what the edge found",
        arguments: [
            (.unauthenticated, "http_request_denied"), (.rateLimited, "http_request_denied"),
            (.overloaded, "http_request_denied"), (.malformedRequest, "http_request_error"),
            (.headersTooLarge, "http_request_error"), (.notImplemented, "http_request_error"),
            (.fault, "proxy_internal_error"), (.unavailable, "destination_unavailable"),
            (.deadlineExceeded, "http_response_timeout"),
        ] as [(ProblemKind, String)])
    func problems(kind: ProblemKind, name: String) {
        #expect(ProxyFault(kind).field == "causeway; error=\(name)")
    }
}
