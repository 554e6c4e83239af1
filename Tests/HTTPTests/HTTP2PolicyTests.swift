import Testing

@testable import HTTP

@Suite struct HTTP2PolicyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var authority = "example.org"
        var host: [String] = []
        var scheme = "https"
        var method = RequestMethod.get
        var isSecure = true
        let refusal: HTTP2Policy.Refusal?

        var testDescription: String { "\(scheme) \(authority) \(host)" }
    }

    private static let cases = [
        Case(refusal: nil), Case(authority: "example.org:8443", refusal: nil),
        Case(authority: "127.0.0.1:1", refusal: nil),
        Case(authority: "[::1]:443", refusal: nil),
        Case(authority: "user", scheme: "http", isSecure: false, refusal: nil),
        Case(authority: "", refusal: .authorityMissing), Case(authority: "u@example.org", refusal: .authorityMalformed),
        Case(authority: "u:p@example.org", refusal: .authorityMalformed),
        Case(authority: "@", refusal: .authorityMalformed),
        Case(authority: "a/b", refusal: .authorityMalformed), Case(authority: "a b", refusal: .authorityMalformed),
        Case(authority: "a,b", refusal: .authorityMalformed), Case(authority: "a?b", refusal: .authorityMalformed),
        Case(authority: "a#b", refusal: .authorityMalformed), Case(authority: "a\\b", refusal: .authorityMalformed),
        Case(authority: ":443", refusal: .authorityMalformed), Case(authority: "a:b", refusal: .authorityMalformed),
        Case(authority: "a:1:2", refusal: .authorityMalformed),
        Case(authority: "a:65536", refusal: .authorityMalformed),
        Case(authority: "a:-1", refusal: .authorityMalformed), Case(authority: "[::1", refusal: .authorityMalformed),
        Case(authority: "[]", refusal: .authorityMalformed), Case(authority: "[::1]x", refusal: .authorityMalformed),
        Case(authority: "[g::1]", refusal: .authorityMalformed), Case(authority: "::1", refusal: .authorityMalformed),
        Case(authority: "exämple.org", refusal: .authorityMalformed),
        Case(host: ["example.org"], refusal: nil), Case(host: ["EXAMPLE.org"], refusal: nil),
        Case(host: ["example.org:443"], refusal: nil),
        Case(authority: "a:443", host: ["a"], refusal: nil), Case(authority: "a:", host: ["a"], refusal: nil),
        Case(authority: "a:80", host: ["a"], scheme: "http", isSecure: false, refusal: nil),
        Case(authority: "a:80", host: ["a"], refusal: .hostMismatch),
        Case(host: ["example.org:8443"], refusal: .hostMismatch), Case(host: ["evil.example"], refusal: .hostMismatch),
        Case(host: [""], refusal: .hostMismatch), Case(host: ["example.org."], refusal: .hostMismatch),
        Case(host: ["example.org", "example.org"], refusal: .hostRepeated),
        Case(scheme: "http", refusal: .schemeMismatch), Case(scheme: "HTTPS", refusal: nil),
        Case(scheme: "https", isSecure: false, refusal: nil), Case(scheme: "ftp", refusal: .schemeUnknown),
        Case(scheme: "", refusal: .schemeUnknown), Case(scheme: "", method: .connect, refusal: nil),
    ]

    @Test(arguments: cases) func judges(one: Case) {
        var fields = HeaderFields()
        for host in one.host { fields.append("host", host) }
        let head = RequestHead(method: one.method, scheme: one.scheme, authority: one.authority, fields: fields)
        var refusal: HTTP2Policy.Refusal?
        do throws(HTTP2Policy.Refusal) { try HTTP2Policy.judge(head, isSecure: one.isSecure) } catch { refusal = error }
        #expect(refusal == one.refusal)
    }

    @Test(arguments: ["a:99999", "[::1", "a:b", "[x]", "a:1:2"]) func theSameHostsAreRefusedOverHTTP1(host: String) {
        let head = HTTP1Policy.Head(method: "GET", target: "/", minorVersion: 1, fields: ["host": host])
        #expect(throws: HTTP1Policy.Refusal.hostMalformed) {
            try HTTP1Policy.judge(head, headerBytesMax: 16_384, headerFieldsMax: 100)
        }
    }
}
