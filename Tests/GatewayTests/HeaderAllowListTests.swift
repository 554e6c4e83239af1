import Contract
import HTTP
import Protocol
import Testing

@testable import Gateway

@Suite("Passing header fields")
struct HeaderAllowListTests {
    @Test("are those of the list, in their order, with repetitions")
    func copies() {
        let list = HeaderAllowList(["Accept", "if-match"])
        let source: HeaderFields = [
            "x-a": "1", "accept": "a", "accepts": "no", "accep": "no", "if-match": "\"1\"", "accept": "b", "": "no",
            "expect": "no", "x-watch": "no", "accepr": "no",
        ]
        var target = HeaderFields()
        list.copy(source, to: &target)
        #expect(target == ["accept": "a", "if-match": "\"1\"", "accept": "b"])
    }

    @Test("never are hop-by-hop, identity or internal ones")
    func suite() {
        let passing = PassingHeaders(endpoints: Suite.descriptions)
        let closed = [
            "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-authorization",
            "proxy-connection", "authorization", "cookie", "x-api-key", "x-request-id", "traceparent", "tracestate",
            "causeway-caller", "causeway-deadline-ms", "forwarded", "x-forwarded-for", "x-forwarded-proto",
            "x-real-ip", "x-user-id", "x-original-url", "x-http-method-override", "host", "expect",
        ]
        for name in closed { #expect(!passing.requests.names.contains(name), "\(name)") }
        for name in ["server", "set-cookie", "connection", "x-request-id", "strict-transport-security", "date"] {
            #expect(!passing.answers.names.contains(name), "\(name)")
        }
        for name in ["accept", "content-type", "if-match", "idempotency-key"] {
            #expect(passing.requests.names.contains(name), "\(name)")
        }
        for name in ["etag", "location", "link", "idempotent-replayed"] {
            #expect(passing.answers.names.contains(name), "\(name)")
        }
    }
}
