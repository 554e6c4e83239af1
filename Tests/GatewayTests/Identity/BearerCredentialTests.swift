import Contract
import HTTP
import Testing

@testable import Gateway

@Suite("The credential of a request")
struct BearerCredentialTests {
    @Test(
        "is a bearer token",
        arguments: [
            ("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER  a.b-c_~+/=", "a.b-c_~+/="),
        ])
    func reads(value: String, token: String) throws {
        #expect(try BearerCredential.read(["accept": "x", "authorization": value]) == token)
    }

    @Test("is none where nothing is sent")
    func none() throws {
        #expect(try BearerCredential.read([:]) == nil)
        #expect(try BearerCredential.read(["x-api-key": "k"]) == nil)
    }

    @Test(
        "is nothing else",
        arguments: ["", "Bearer", "Bearer ", "Basic YTpi", "Bearerabc", "Token abc", "Bearer a b", "Bearer \u{e9}"])
    func refuses(value: String) {
        let problem = #expect(throws: Problem.self) { _ = try BearerCredential.read(["authorization": value]) }
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
        let problem = #expect(throws: Problem.self) { _ = try BearerCredential.read(fields) }
        #expect(problem?.kind == .credentialsConflict)
    }
}
