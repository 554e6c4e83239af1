import Foundation
import JSON
import TestKit
import Testing

@Suite("Many writers of one resource")
struct WriterTests {
    /// In each round all writers have read the same tag: one wins, the others learn the present one.
    @Test("One wins each round and nothing is lost", arguments: ["article", "profile"], [true, false])
    func rounds(resource: String, isHTTP2: Bool) async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson("writers")
        var (path, read) = ("/v1/users/me", "/v1/users/me")
        if resource == "article" {
            let made = try await suite.gateway.send(
                "POST", "/v1/articles", headers: [person.authorization],
                json: #"{"title":"Contested \#(UUID().uuidString.prefix(8))","body":""}"#)
            path = "/v1/articles/\(try #require(made["id"]?.string, "\(made)"))"
            read = path + "/draft"
        } else {
            #expect(try await suite.gateway.get(path, headers: [person.authorization]).status == 200)
        }
        let (writers, rounds) = (PythonWriters.writers, PythonWriters.rounds)
        let outcome = try await ChildProcess.run(
            [
                ChildProcess.python, "-c", PythonWriters.script, suite.gateway.base, suite.certificate,
                person.accessToken, path, read, "\(writers)", "\(rounds)", "\(isHTTP2)",
            ], seconds: 60)
        let losses = "[(200, \(rounds)), (412, \(rounds * (writers - 1)))]"
        var expected = ["merge \(losses)", "json \(losses)"]
        if resource == "article" { expected.append("star [(200, \(writers))]") }
        expected.append("version \(1 + 2 * rounds + (resource == "article" ? writers : 0))")
        #expect(outcome.text == expected.joined(separator: "\n") + "\n", "\(outcome.text)\(outcome.errorText)")
    }

    /// What leaves a member out, says null and says a value comes to.
    private static let changes: [(body: String, status: Int, bio: String?, fault: String?)] = [
        (#"{"displayName":"Only the name"}"#, 200, "A bio", nil), (#"{"bio":"New"}"#, 200, "New", nil),
        (#"{"bio":null}"#, 200, "", nil), (#"{"bio":""}"#, 200, "", nil), (#"{}"#, 200, "A bio", nil),
        (#"{"displayName":null}"#, 422, nil, "/displayName type"), (#"{"handle":null}"#, 422, nil, "/handle type"),
        (#"{"locale":null}"#, 422, nil, "/locale type"), (#"{"timeZone":null}"#, 422, nil, "/timeZone type"),
        (#"[{"op":"remove","path":"/bio"}]"#, 200, "", nil), (#"[]"#, 200, "A bio", nil),
        (#"[{"op":"add","path":"/bio","value":null}]"#, 200, "", nil),
        (#"[{"op":"remove","path":"/handle"}]"#, 422, nil, "/handle type"),
        (#"[{"op":"test","path":"/bio","value":"Another"}]"#, 409, nil, "/0/value test-failed"),
        (#"[{"op":"increment","path":"/bio"}]"#, 400, nil, "/0/op unknown-operation"),
        (#"[{"op":"replace","path":"/etag","value":"\"9\""}]"#, 422, nil, "/etag unknown"),
    ]

    @Test("Absent, null and value are told apart, in both formats")
    func members() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson("member")
        func patch(_ body: String) async throws -> HTTPReply {
            let type = body.hasPrefix("[") ? "json-patch" : "merge-patch"
            return try await suite.gateway.send(
                "PATCH", "/v1/users/me",
                headers: [person.authorization, "content-type: application/\(type)+json", "if-match: *"],
                body: Array(body.utf8))
        }
        for change in Self.changes {
            #expect(try await patch(#"{"bio":"A bio"}"#).status == 200)
            let reply = try await patch(change.body)
            #expect(reply.status == change.status, "\(change.body): \(reply)")
            #expect(reply["bio"]?.string == change.bio, "\(change.body): \(reply)")
            #expect(reply.faults == [change.fault].compactMap { $0 }, "\(change.body)")
            if reply.status >= 400 { expectProblem(reply, change.status, reply.code ?? "none") }
        }
    }

    @Test("A type that no PATCH takes is told what it takes")
    func unsupported() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson("typed")
        for type in ["application/json", "text/plain", "application/json-patch+xml"] {
            let reply = try await suite.gateway.send(
                "PATCH", "/v1/users/me",
                headers: [person.authorization, "if-match: *", "content-type: \(type)"], body: Array("{}".utf8))
            expectProblem(reply, 415, "unsupported-media-type", "\(type)")
            #expect(reply.header("accept-patch") == "application/merge-patch+json, application/json-patch+json")
        }
    }
}
