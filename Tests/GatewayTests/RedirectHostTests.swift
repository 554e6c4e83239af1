import Testing

@testable import Gateway

@Suite("The redirect's host")
struct RedirectHostTests {
    @Test(
        "is the request's without its port",
        arguments: [
            ("example.com", "example.com"), ("example.com:8080", "example.com"), ("127.0.0.1:1", "127.0.0.1"),
            ("[::1]:8080", "[::1]"), ("[2001:db8::1]", "[2001:db8::1]"), ("localhost", "localhost"),
        ])
    func host(authority: String, expected: String) {
        #expect(RedirectHandler.host(of: authority) == expected)
    }

    @Test(
        "is nothing that leads elsewhere",
        arguments: ["", ":80", "[", "[]", "[x]:1", "a@b", "a/b", "a\\b", "a b", "a%2fb", "ex_ample.com"])
    func refused(authority: String) {
        #expect(RedirectHandler.host(of: authority) == nil)
    }
}
