import Foundation
import JSON
import TestKit
import Testing

@Suite("Idempotency-Key from outside")
struct IdempotencyTests {
    private static func body(_ title: String) -> [UInt8] { Array(#"{"title":"\#(title)","body":"Text."}"#.utf8) }

    /// All that belongs to an answer, and to no exchange.
    private static func essence(_ reply: HTTPReply) -> String {
        let fields = ["etag", "location", "content-type", "cache-control", "content-length"].map { name in
            "\(name): \(reply.header(name) ?? "none")"
        }
        return "\(reply.status) \(fields) \(reply.text)"
    }

    @Test("The same request again gets the same bytes, over either version, and does nothing")
    func replay() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson("keyed")
        func create(_ title: String, key: String, _ option: String = "--http2") async throws -> HTTPReply {
            try await suite.gateway.with(option).send(
                "POST", "/v1/articles", headers: [person.authorization, "Idempotency-Key: \(key)"],
                body: Self.body(title))
        }
        let first = try await create("Once", key: "k-1")
        #expect(first.status == 201 && first.header("idempotent-replayed") == nil, "\(first)")
        for (key, option) in [("k-1", "--http2"), ("\"k-1\"", "--http1.1")] {
            let again = try await create("Once", key: key, option)
            #expect(again.header("idempotent-replayed") == "true")
            #expect(Self.essence(again) == Self.essence(first) && again.body == first.body)
            #expect(again.header("x-request-id") != first.header("x-request-id"))
        }
        expectProblem(try await create("Twice", key: "k-1"), 422, "idempotency-key-reused")
        let other = try await suite.newPerson("keyed")
        let others = try await suite.gateway.send(
            "POST", "/v1/articles", headers: [other.authorization, "Idempotency-Key: k-1"], body: Self.body("Once"))
        #expect(others.status == 201 && others["id"] != first["id"])
        let publish = "/v1/articles/\(first["id"]?.string ?? "")/publish"
        let headers = [person.authorization, "Idempotency-Key: k-1"]
        let published = try await suite.gateway.send("POST", publish, headers: headers)
        let again = try await suite.gateway.send("POST", publish, headers: headers)
        #expect(published.status == 200 && Self.essence(again) == Self.essence(published))
        #expect(again.header("idempotent-replayed") == "true" && published.header("idempotent-replayed") == nil)
        let without = try await suite.gateway.send("POST", publish, headers: [person.authorization])
        expectProblem(without, 409, "already-published")
    }

    @Test("A key that is none is refused; so is any key of someone who is not signed in")
    func refused() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson("keyed")
        for keys in [
            [""], ["a b"], ["\"a"], ["a,b"], [String(repeating: "k", count: 65)], ["a", "b"], ["a", "a"],
        ] {
            // An empty field needs a semicolon for curl to send it.
            let lines = keys.map { $0.isEmpty ? "Idempotency-Key;" : "Idempotency-Key: \($0)" }
            let reply = try await suite.gateway.send(
                "POST", "/v1/articles", headers: [person.authorization] + lines, body: Self.body("None"))
            expectProblem(reply, 400, "idempotency-key-invalid", "\(keys)")
        }
        let resend = #"{"email":"\#(SuiteUnderTest.newEmail())"}"#
        let anonymous = try await suite.gateway.with("--interface", SuiteUnderTest.newAddress()).send(
            "POST", "/v1/auth/email/resend", headers: ["Idempotency-Key: k"], json: resend)
        expectProblem(anonymous, 400, "idempotency-key-invalid")
        let unproved = try await suite.gateway.send(
            "POST", "/v1/articles", headers: ["Idempotency-Key: k"], body: Self.body("None"))
        expectProblem(unproved, 401, "unauthenticated")
        // Reading needs none, and looks at none.
        let read = try await suite.gateway.get("/v1/articles?limit=1", headers: ["Idempotency-Key: a b"])
        #expect(read.status == 200)
    }

    @Test("Many duplicates at once have one effect and one answer", arguments: SuiteUnderTest.Mode.allCases)
    func duplicates(mode: SuiteUnderTest.Mode) async throws {
        let suite = try await SuiteUnderTest.shared(mode)
        let person = try await suite.newPerson("keyed")
        let duplicates = try KeyedDuplicates(keys: 12, duplicates: 8, of: person, to: suite)
        await duplicates.begin()
        try await duplicates.end(of: person, in: suite)
    }
}
