import Foundation
import JSON
import TestKit
import Testing

/// What every answer of the gateway has, whatever it is about (security.md, "headers").
let securityHeaders: [(name: String, value: String)] = [
    ("strict-transport-security", "max-age=63072000; includeSubDomains; preload"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
]

/// Words that only those who run the suite may read.
private let internals = [
    "SELECT ", "INSERT ", "UPDATE ", "postgres", "libpq", "relation", "schema", "127.0.0.1", "redis", "nghttp",
    "openssl",
    ".swift", "/tmp/", "Failure", "Fault(", "NIO", "stack", "auth_app", "user_app", "content_app", "0x",
]

/// Checks that a reply is the problem `code`, whole and without internals.
func expectProblem(
    _ reply: HTTPReply, _ status: Int, _ code: String, _ comment: Comment? = nil,
    at place: SourceLocation = #_sourceLocation
) {
    #expect(reply.status == status, comment ?? "\(reply)", sourceLocation: place)
    #expect(reply.code == code, comment ?? "\(reply)", sourceLocation: place)
    expectSound(reply, comment, at: place)
    #expect(reply["status"]?.integer == Int64(status), comment, sourceLocation: place)
    #expect(reply["type"]?.string == "/problems/\(code)", comment, sourceLocation: place)
    #expect(reply["title"]?.string?.isEmpty == false, comment, sourceLocation: place)
    #expect(reply.header("cache-control") == "no-store", comment, sourceLocation: place)
    let id = reply.header("x-request-id") ?? "none"
    #expect(reply["instance"]?.string == "urn:request:\(id)", comment, sourceLocation: place)
    for word in internals {
        #expect(!reply.text.contains(word), "an internal is told: \(reply.text)", sourceLocation: place)
    }
    if status == 401 { #expect(reply.header("www-authenticate") != nil, comment, sourceLocation: place) }
    if status == 503 || status == 429 { #expect(reply.header("retry-after") != nil, comment, sourceLocation: place) }
}

/// Checks the headers that every answer has, each once.
func expectSound(_ reply: HTTPReply, _ comment: Comment? = nil, at place: SourceLocation = #_sourceLocation) {
    for (name, value) in securityHeaders {
        #expect(reply.values(name) == [value], comment ?? "\(name) of \(reply)", sourceLocation: place)
    }
    #expect(reply.values("content-security-policy").count == 1, comment, sourceLocation: place)
    #expect(reply.values("x-request-id").count == 1, comment ?? "\(reply)", sourceLocation: place)
    #expect(reply.header("server") == nil, comment, sourceLocation: place)
    #expect(reply.header("x-powered-by") == nil, comment, sourceLocation: place)
}

extension String {
    func matches(_ pattern: String) -> Bool { range(of: pattern, options: .regularExpression) != nil }
}

/// RFC 3339 in UTC with milliseconds (api.md, "JSON").
let timePattern = #"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"#
let uuidv7Pattern = #"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"#
