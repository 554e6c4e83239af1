import TestKit
import Testing

/// A request that is wrong, and the answer that says so.
struct BadCall: Sendable, CustomTestStringConvertible {
    let name: String
    var method = "POST"
    var target = "/v1/articles"
    var headers: [String] = []
    var body: [UInt8]?
    var isSignedIn = true
    let status: Int
    let code: String
    /// What the problem must point to; nil where it is no validation.
    var faults: [String]?
    /// Headers that the answer must have.
    var answerHeaders: [(name: String, value: String)] = []

    var testDescription: String { name }

    static func json(
        _ name: String, _ body: String, _ status: Int, _ code: String, _ faults: [String]? = nil
    ) -> BadCall {
        BadCall(name: name, body: Array(body.utf8), status: status, code: code, faults: faults)
    }

    static func get(
        _ name: String, _ target: String, _ status: Int, _ code: String, method: String = "GET",
        answerHeaders: [(name: String, value: String)] = []
    ) -> BadCall {
        BadCall(
            name: name, method: method, target: target, status: status, code: code, answerHeaders: answerHeaders)
    }
}

extension BadCall {
    private static let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)

    static let bodies: [BadCall] = [
        .json("no JSON", "hello", 400, "malformed-json"),
        .json("an empty body with a type", "", 400, "malformed-json"),
        .json("JSON that ends early", #"{"title":"T","body":"#, 400, "malformed-json"),
        .json("two documents", #"{"title":"T","body":""}{}"#, 400, "malformed-json"),
        .json("a comment", #"{"title":"T","body":""}// yes"#, 400, "malformed-json"),
        .json("single quotes", "{'title':'T'}", 400, "malformed-json"),
        .json("a trailing comma", #"{"title":"T","body":"",}"#, 400, "malformed-json"),
        .json("NaN", #"{"title":"T","body":"","data":{"x":NaN}}"#, 400, "malformed-json"),
        .json("a lone surrogate", #"{"title":"\ud800","body":""}"#, 400, "malformed-json"),
        .json("a raw control character", "{\"title\":\"a\u{1}b\",\"body\":\"\"}", 400, "malformed-json"),
        .json("a duplicate member", #"{"title":"T","title":"U","body":""}"#, 400, "malformed-json"),
        .json("a duplicate member in data", #"{"title":"T","body":"","data":{"a":1,"a":2}}"#, 400, "malformed-json"),
        .json("a duplicate by escape", #"{"title":"T","\u0074itle":"U","body":""}"#, 400, "malformed-json"),
        .json("too deep", #"{"title":"T","body":"","data":{"x":\#(deep)}}"#, 400, "malformed-json"),
        BadCall(
            name: "invalid UTF-8", body: Array(#"{"title":""#.utf8) + [0xC3, 0x28] + Array(#"","body":""}"#.utf8),
            status: 400, code: "malformed-json"),
        BadCall(
            name: "overlong UTF-8", body: Array(#"{"title":""#.utf8) + [0xC0, 0xAF] + Array(#"","body":""}"#.utf8),
            status: 400, code: "malformed-json"),
        BadCall(
            name: "UTF-16", body: [0xFF, 0xFE, 0x7B, 0, 0x7D, 0], status: 400, code: "malformed-json"),
        .json("an array", "[]", 422, "validation", [" type"]),
        .json("null", "null", 422, "validation", [" type"]),
        .json("nothing that is needed", "{}", 422, "validation", ["/body required", "/title required"]),
        .json(
            "wrong types", #"{"title":1,"body":[],"tags":"x"}"#, 422, "validation",
            ["/body type", "/tags type", "/title type"]),
        .json("null where there must be a value", #"{"title":null,"body":""}"#, 422, "validation", ["/title type"]),
        .json(
            "unknown members", #"{"title":"T","body":"","x/y":1,"z":2}"#, 422, "validation",
            ["/x~1y unknown", "/z unknown"]),
        .json(
            "everything at once", #"{"title":"","tags":[1],"x":1}"#, 422, "validation",
            ["/body required", "/tags/0 type", "/title length", "/x unknown"]),
        .json(
            "too long", #"{"title":"\#(String(repeating: "t", count: 201))","body":""}"#, 422, "validation",
            ["/title length"]),
        .json(
            "too many", #"{"title":"T","body":"","tags":["1","2","3","4","5","6","7","8","9","a","b"]}"#, 422,
            "validation", ["/tags length"]),
        .json(
            "a slug that looks like an id", #"{"title":"T","body":"","slug":"019a0000-0000-7000-8000-000000000000"}"#,
            422, "validation", ["/slug format"]),
        .json("a zero byte in a text", #"{"title":"T","body":"a\u0000b"}"#, 422, "validation", ["/body format"]),
        .json(
            "a zero byte in data", #"{"title":"T","body":"","data":{"a\u0000":1}}"#, 422, "validation", ["/data format"]
        ),
    ]

    static let types: [BadCall] = [
        BadCall(
            name: "no content type", headers: ["content-type:"], body: Array("{}".utf8), status: 415,
            code: "unsupported-media-type", answerHeaders: [("accept-post", "application/json")]),
        BadCall(
            name: "a form", headers: ["content-type: application/x-www-form-urlencoded"], body: Array("a=b".utf8),
            status: 415, code: "unsupported-media-type", answerHeaders: [("accept-post", "application/json")]),
        BadCall(
            name: "another charset", headers: ["content-type: application/json; charset=latin1"],
            body: Array("{}".utf8), status: 415, code: "unsupported-media-type"),
        BadCall(
            name: "a patch as JSON", method: "PATCH", target: "/v1/users/me", headers: ["if-match: *"],
            body: Array("{}".utf8), status: 415, code: "unsupported-media-type",
            answerHeaders: [("accept-patch", "application/json-patch+json, application/merge-patch+json")]),
        BadCall(
            name: "a compressed body", headers: ["content-encoding: gzip"], body: [0x1F, 0x8B, 8, 0], status: 415,
            code: "unsupported-media-type"),
        BadCall(
            name: "only XML accepted", method: "GET", headers: ["accept: application/xml"], status: 406,
            code: "not-acceptable"),
        BadCall(
            name: "a body where none is taken", target: "/v1/auth/logout", body: Array("{}".utf8), status: 400,
            code: "malformed-request"),
        BadCall(name: "a body on a GET", method: "GET", body: Array("{}".utf8), status: 400, code: "malformed-request"),
    ]

    static let targets: [BadCall] = [
        .get("an unknown path", "/v1/nothing", 404, "not-found"),
        .get("an unknown version", "/v2/articles", 404, "not-found"),
        .get("a slash at the end", "/v1/articles/", 404, "not-found"),
        .get("other case", "/V1/articles", 404, "not-found"),
        .get("internal paths", "/internal/auth/accounts/019a0000-0000-7000-8000-000000000000", 404, "not-found"),
        .get("internal profiles", "/internal/user/profiles?ids=019a0000-0000-7000-8000-000000000000", 404, "not-found"),
        .get("internal revocations", "/internal/auth/revocations", 404, "not-found"),
        .get("metrics", "/metrics", 404, "not-found"),
        .get("an id that is none", "/v1/users/42", 404, "not-found"),
        .get("an id in upper case", "/v1/users/019A0000-0000-7000-8000-00000000000A", 404, "not-found"),
        .get("an unknown id", "/v1/users/019a0000-0000-7000-8000-000000000000", 404, "not-found"),
        .get("an unknown slug", "/v1/articles/no-such-slug-anywhere", 404, "not-found"),
        .get("a slug that is none", "/v1/articles/No%20Slug'", 404, "not-found"),
        .get("SQL in a slug", "/v1/articles/';DROP%20TABLE%20articles;--", 404, "not-found"),
        .get("an encoded slash", "/v1/articles%2Fx", 400, "malformed-request"),
        .get("an encoded slash in an id", "/v1/articles/a%2fb", 400, "malformed-request"),
        .get("an encoded zero", "/v1/articles/a%00b", 400, "malformed-request"),
        .get("an encoded line break", "/v1/articles/a%0d%0aset-cookie:x", 400, "malformed-request"),
        .get("a backslash", #"/v1/articles/..%5c..%5cetc"#, 400, "malformed-request"),
        .get("dot segments", "/v1/articles/../auth/me", 400, "malformed-request"),
        .get("encoded dot segments", "/v1/articles/%2e%2e/auth/me", 400, "malformed-request"),
        .get("dot segments with parameters", "/v1/articles/..;x=1/auth/me", 400, "malformed-request"),
        .get("dots to the inside", "/v1/../internal/auth/revocations", 400, "malformed-request"),
        .get("a broken escape", "/v1/articles/%zz", 400, "malformed-request"),
        .get("an escape cut short", "/v1/articles/%2", 400, "malformed-request"),
        .get("invalid UTF-8 in the path", "/v1/articles/%c3%28", 404, "not-found"),
        .get("invalid UTF-8 in the query", "/v1/articles?tag=%c3%28", 400, "invalid-query"),
        .get("a zero in the query", "/v1/articles?tag=a%00b", 400, "invalid-query"),
        .get("a broken escape in the query", "/v1/articles?tag=%zz", 400, "invalid-query"),
        .get("a query where there is none", "/v1/auth/me?x=1", 400, "invalid-query"),
        .get(
            "a wrong method", "/v1/auth/login", 405, "method-not-allowed", answerHeaders: [("allow", "OPTIONS, POST")]),
        .get(
            "DELETE of the list", "/v1/articles", 405, "method-not-allowed", method: "DELETE",
            answerHeaders: [("allow", "GET, HEAD, OPTIONS, POST")]),
        .get("PUT", "/v1/users/me", 405, "method-not-allowed", method: "PUT"),
        .get("POST to a page of the gateway", "/openapi.json", 405, "method-not-allowed", method: "POST"),
        .get("TRACE", "/v1/articles", 501, "not-implemented", method: "TRACE"),
        .get("a long path", "/v1/articles/" + String(repeating: "a", count: 3000), 404, "not-found"),
    ]
}
