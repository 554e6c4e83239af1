import Contract
import HTTP
import Testing

@testable import Gateway

@Suite("The credential of a request")
struct BearerCredentialTests {
    /// As a token that is not remembered is looked at.
    private func read(_ fields: HeaderFields) throws(Problem) -> String? {
        let token = try BearerCredential.read(fields).map { String(decoding: $0, as: UTF8.self) }
        if let token { try BearerCredential.requireTokenBytes(token) }
        return token
    }

    @Test(
        "is a bearer token",
        arguments: [
            ("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER  a.b-c_~+/=", "a.b-c_~+/="),
        ])
    func reads(value: String, token: String) throws {
        #expect(try read(["accept": "x", "authorization": value]) == token)
    }

    @Test("is none where nothing is sent")
    func none() throws {
        #expect(try read([:]) == nil)
        #expect(try read(["x-api-key": "k"]) == nil)
    }

    @Test(
        "is nothing else",
        arguments: ["", "Bearer", "Bearer ", "Basic YTpi", "Bearerabc", "Token abc", "Bearer a b", "Bearer \u{e9}"])
    func refuses(value: String) {
        let problem = #expect(throws: Problem.self) { _ = try read(["authorization": value]) }
        #expect(problem?.kind == .accessTokenInvalid)
    }

    @Test(
        "is one",
        arguments: [
            ["authorization": "Bearer a", "authorization": "Bearer b"] as HeaderFields,
            ["authorization": "Bearer a", "authorization": "Bearer a"],
            ["authorization": "Bearer a, Bearer b"],
        ])
    func conflict(fields: HeaderFields) {
        let problem = #expect(throws: Problem.self) { _ = try read(fields) }
        #expect(problem?.kind == .credentialsConflict)
    }
}
