import Foundation
import JSON
import TestKit
import Testing

/// Somebody who has published, the administrator of the demonstration data, and what the public sees of them.
struct AccountLife {
    let suite: SuiteUnderTest
    let person: Person
    let id: String
    /// The article's id.
    let article: String
    /// A word that only this person's article is tagged with.
    let tag: String

    /// How long services may take to hear of what happened.
    static let patience = Duration.seconds(20)

    /// Registers, verifies, waits for the profile, and publishes.
    init(in suite: SuiteUnderTest, named name: String = "Lena Life") async throws {
        self.suite = suite
        person = try await suite.newPerson("life", displayName: name)
        let me = try await suite.gateway.get("/v1/auth/me", headers: [person.authorization])
        id = try #require(me["id"]?.string)
        tag = UUID().uuidString.lowercased()
        // Nobody has asked for /v1/users/me: the account's event has made it.
        try await suite.until("the profile", within: Self.patience) { [id] in
            try await suite.gateway.get("/v1/users/\(id)")
        } is: {
            $0.status == 200 && $0["displayName"]?.string == name
        }
        let made = try await suite.gateway.send(
            "POST", "/v1/articles", headers: [person.authorization],
            json: #"{"title":"A life","body":"text","tags":["\#(tag)"]}"#)
        article = try #require(made["id"]?.string, "\(made)")
        let published = try await suite.gateway.send(
            "POST", "/v1/articles/\(article)/publish", headers: [person.authorization])
        #expect(published.status == 200, "\(published)")
    }

    /// Calls an endpoint of the administrator's, in a suite with demonstration data.
    static func administer(
        _ suite: SuiteUnderTest, _ method: String, _ path: String, json: String? = nil
    ) async throws -> HTTPReply {
        let admin = try await suite.signIn("admin@example.com", password: "causeway demo 2026")
        return try await suite.gateway.send(
            method, "/v1/admin/accounts/\(path)", headers: [admin.authorization], body: json.map { Array($0.utf8) })
    }

    func administer(_ method: String, _ verb: String = "", json: String? = nil) async throws -> HTTPReply {
        try await Self.administer(suite, method, id + verb, json: json)
    }

    func disable() async throws {
        let reply = try await administer("POST", "/disable", json: #"{"reason":"a test"}"#)
        #expect(reply.status == 200 && reply["status"]?.string == "disabled", "\(reply)")
    }

    func enable() async throws {
        let reply = try await administer("POST", "/enable")
        #expect(reply.status == 200 && reply["status"]?.string == "active", "\(reply)")
    }

    func erase() async throws {
        let reply = try await administer("DELETE")
        #expect(reply.status == 204, "\(reply)")
    }

    func rename(_ name: String) async throws {
        let reply = try await suite.gateway.send(
            "PATCH", "/v1/users/me",
            headers: [person.authorization, "content-type: application/merge-patch+json", "if-match: *"],
            json: #"{"displayName":"\#(name)"}"#)
        #expect(reply.status == 200, "\(reply)")
    }

    /// Waits until the article's author has a name, also in lists.
    func isCalled(_ name: String) async throws {
        try await suite.until("the name in the article", within: Self.patience) {
            try await suite.gateway.get("/v1/articles/\(article)")
        } is: {
            $0["author", "displayName"]?.string == name
        }
        let list = try await suite.gateway.get("/v1/articles?tag=\(tag)")
        let author = list["items"]?.array?.first?.object?["author"]?.object
        #expect(author?["displayName"]?.string == name, "\(list)")
    }

    func profileIsHidden() async throws {
        try await suite.until("no profile", within: Self.patience) {
            try await suite.gateway.get("/v1/users/\(id)")
        } is: {
            $0.code == "not-found"
        }
    }

    /// Waits until nobody sees anything.
    func isHidden() async throws {
        try await profileIsHidden()
        try await suite.until("no article", within: Self.patience) {
            try await suite.gateway.get("/v1/articles/\(article)")
        } is: {
            $0.code == "not-found"
        }
        for query in ["tag=\(tag)", "author=\(id)"] {
            let list = try await suite.gateway.get("/v1/articles?\(query)")
            #expect(list["items"]?.array?.isEmpty == true, "\(list)")
        }
    }

    /// Waits until everybody sees everything.
    func isVisible() async throws {
        for target in ["/v1/users/\(id)", "/v1/articles/\(article)"] {
            try await suite.until(target, within: Self.patience) {
                try await suite.gateway.get(target)
            } is: {
                $0.status == 200
            }
        }
        for query in ["tag=\(tag)", "author=\(id)"] {
            let list = try await suite.gateway.get("/v1/articles?\(query)")
            #expect(list["items"]?.array?.count == 1, "\(list)")
        }
    }
}
