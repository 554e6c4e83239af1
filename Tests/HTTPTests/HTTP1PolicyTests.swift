import Testing

@testable import HTTP

@Suite struct HTTP1PolicyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var method = "GET"
        var target = "/"
        var minor = 1
        var fields: [(String, String)] = [("host", "a")]
        let refusal: HTTP1Policy.Refusal?
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "plain", refusal: nil),
        Case(name: "length", fields: [("host", "a"), ("content-length", "3")], refusal: nil),
        Case(name: "chunked", fields: [("host", "a"), ("transfer-encoding", "chunked")], refusal: nil),
        Case(
            name: "CL and TE", fields: [("host", "a"), ("content-length", "3"), ("transfer-encoding", "chunked")],
            refusal: .lengthAndTransferEncoding),
        Case(
            name: "TE gzip", fields: [("host", "a"), ("transfer-encoding", "gzip, chunked")],
            refusal: .transferEncodingUnknown),
        Case(
            name: "TE xchunked", fields: [("host", "a"), ("transfer-encoding", "xchunked")],
            refusal: .transferEncodingUnknown),
        Case(
            name: "TE identity", fields: [("host", "a"), ("transfer-encoding", "identity")],
            refusal: .transferEncodingUnknown),
        Case(
            name: "TE twice",
            fields: [("host", "a"), ("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
            refusal: .transferEncodingRepeated),
        Case(
            name: "TE in 1.0", minor: 0, fields: [("host", "a"), ("transfer-encoding", "chunked")],
            refusal: .transferEncodingIn10),
        Case(
            name: "CL twice", fields: [("host", "a"), ("content-length", "3"), ("content-length", "3")],
            refusal: .lengthRepeated),
        Case(name: "CL list", fields: [("host", "a"), ("content-length", "3, 3")], refusal: .lengthMalformed),
        Case(name: "CL plus", fields: [("host", "a"), ("content-length", "+3")], refusal: .lengthMalformed),
        Case(name: "CL hex", fields: [("host", "a"), ("content-length", "0x3")], refusal: .lengthMalformed),
        Case(name: "CL empty", fields: [("host", "a"), ("content-length", "")], refusal: .lengthMalformed),
        Case(
            name: "CL huge", fields: [("host", "a"), ("content-length", "99999999999999999999")],
            refusal: .lengthMalformed),
        Case(name: "no host", fields: [], refusal: .hostMissing),
        Case(name: "no host in 1.0", minor: 0, fields: [], refusal: nil),
        Case(name: "two hosts", fields: [("host", "a"), ("host", "a")], refusal: .hostRepeated),
        Case(name: "host with slash", fields: [("host", "a/b")], refusal: .hostMalformed),
        Case(name: "host with user", fields: [("host", "u@a")], refusal: .hostMalformed),
        Case(name: "host with comma", fields: [("host", "a,b")], refusal: .hostMalformed),
        Case(name: "underscore", fields: [("host", "a"), ("x_real_ip", "1")], refusal: .fieldName),
        Case(name: "space in name", fields: [("host", "a"), ("x y", "1")], refusal: .fieldName),
        Case(name: "empty name", fields: [("host", "a"), ("", "1")], refusal: .fieldName),
        Case(name: "CR in value", fields: [("host", "a"), ("x", "1\r2")], refusal: .fieldValue),
        Case(name: "NUL in value", fields: [("host", "a"), ("x", "1\u{0}2")], refusal: .fieldValue),
        Case(name: "absolute form", target: "http://a/x", refusal: nil),
        Case(name: "absolute form, other host", target: "http://b/x", refusal: .hostMismatch),
        Case(name: "other scheme", target: "ftp://a/x", refusal: .targetMalformed),
        Case(name: "no slash", target: "x", refusal: .targetMalformed),
        Case(name: "fragment", target: "/a#b", refusal: .targetMalformed),
        Case(name: "asterisk", target: "*", refusal: .targetMalformed),
        Case(name: "asterisk OPTIONS", method: "OPTIONS", target: "*", refusal: nil),
        Case(name: "CONNECT", method: "CONNECT", target: "a:443", refusal: .methodUnsupported),
        Case(name: "1.2", minor: 2, refusal: .version),
        Case(
            name: "101 fields", fields: [("host", "a")] + Array(repeating: ("x", "1"), count: 100),
            refusal: .tooManyFields),
        Case(
            name: "17 KiB", fields: [("host", "a"), ("x", String(repeating: "x", count: 17_000))],
            refusal: .headerTooLarge),
    ]

    @Test(arguments: cases) func judges(_ item: Case) {
        var fields = HeaderFields()
        for (name, value) in item.fields { fields.append(name, value) }
        let head = HTTP1Policy.Head(
            method: item.method, target: item.target, minorVersion: item.minor, fields: fields)
        do throws(HTTP1Policy.Refusal) {
            _ = try HTTP1Policy.judge(head, headerBytesMax: 16_384, headerFieldsMax: 100)
            #expect(item.refusal == nil)
        } catch {
            #expect(error == item.refusal)
        }
    }

    @Test(arguments: [
        ("/a?b=c", "/a?b=c"), ("http://a/x?y", "/x?y"), ("http://a", "/"), ("http://a?q", "/?q"), ("HTTP://A/", "/"),
    ])
    func originForm(target: String, path: String) throws {
        let head = HTTP1Policy.Head(method: "GET", target: target, minorVersion: 1, fields: ["host": "a"])
        let accepted = try HTTP1Policy.judge(head, headerBytesMax: 16_384, headerFieldsMax: 100)
        #expect(accepted.path == path)
        #expect(accepted.framing == .none && accepted.keepsAlive)
    }

    @Test(
        arguments: [
            (1, nil, true), (1, "close", false), (1, "keep-alive, Close", false), (0, nil, false),
            (0, "keep-alive", true),
        ] as [(Int, String?, Bool)])
    func keepAlive(minor: Int, connection: String?, expected: Bool) throws {
        var fields: HeaderFields = ["host": "a"]
        if let connection { fields.append("connection", connection) }
        let head = HTTP1Policy.Head(method: "GET", target: "/", minorVersion: minor, fields: fields)
        let accepted = try HTTP1Policy.judge(head, headerBytesMax: 16_384, headerFieldsMax: 100)
        #expect(accepted.keepsAlive == expected)
    }

    @Test func statuses() {
        #expect(HTTP1Policy.Refusal.transferEncodingUnknown.status == 501)
        #expect(HTTP1Policy.Refusal.headerTooLarge.status == 431)
        #expect(HTTP1Policy.Refusal.lengthAndTransferEncoding.status == 400)
    }
}
