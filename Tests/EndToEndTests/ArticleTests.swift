import Foundation
import JSON
import TestKit
import Testing

@Suite("Articles from outside")
struct ArticleTests {
    /// The demonstration articles are there once for each suite: 60, of which every tenth stays a draft.
    private static let seededPublished = 54
    private static let demoAuthors = ["Arno Author", "Ada Author", "Edda Editor", "Adam Admin"]

    /// Follows the cursors from page to page.
    private func walk(_ query: String, _ suite: SuiteUnderTest) async throws -> [JSONObject] {
        var items: [JSONObject] = []
        var target = "/v1/articles?\(query)"
        for _ in 0..<200 {
            let page = try await suite.gateway.get(target)
            #expect(page.status == 200, "\(page)")
            items += (page["items"]?.array ?? []).compactMap(\.object)
            guard let next = page["page", "next"]?.string else {
                #expect(page.header("link") == nil)
                return items
            }
            let link = try #require(page.header("link"), "a page that goes on has a link: \(page)")
            #expect(link.hasPrefix("<") && link.hasSuffix(#">; rel="next""#))
            target = String(link.dropFirst().prefix { $0 != ">" })
            let cursor = try #require(URLComponents(string: target)?.queryItems?.first { $0.name == "cursor" }?.value)
            #expect(cursor == next)
        }
        return items
    }

    private func isSeeded(_ article: JSONObject) -> Bool {
        Self.demoAuthors.contains(article["author"]?.object?["displayName"]?.string ?? "")
    }

    @Test("The pages hold every seeded article once, newest first", arguments: [7, 20, 100])
    func pages(limit: Int) async throws {
        let suite = try await SuiteUnderTest.shared()
        let items = try await walk("limit=\(limit)", suite)
        let ids = items.compactMap { $0["id"]?.string }
        #expect(Set(ids).count == ids.count, "an article came twice")
        #expect(items.count { isSeeded($0) } == Self.seededPublished)
        let times = items.compactMap { $0["publishedAt"]?.string }
        #expect(times == times.sorted(by: >))
    }

    @Test("The tag filter gives what has the tag, over all pages")
    func tags() async throws {
        let suite = try await SuiteUnderTest.shared()
        func tags(_ article: JSONObject) -> [String] { article["tags"]?.array?.compactMap(\.string) ?? [] }
        let all = try await walk("limit=100", suite).filter(isSeeded)
        let tag = try #require(all.flatMap(tags).sorted().first)
        let wanted = Set(all.filter { tags($0).contains(tag) }.compactMap { $0["id"]?.string })
        #expect(!wanted.isEmpty && wanted.count < all.count)
        let found = try await walk("tag=\(tag)&limit=3", suite).filter(isSeeded)
        #expect(Set(found.compactMap { $0["id"]?.string }) == wanted)
    }

    @Test("A cursor is bound to its filter, and to our key")
    func cursors() async throws {
        let suite = try await SuiteUnderTest.shared()
        let cursor = try #require(try await suite.gateway.get("/v1/articles?limit=2")["page", "next"]?.string)
        #expect(try await suite.gateway.get("/v1/articles?limit=5&cursor=\(cursor)").status == 200)
        for target in ["tag=x&cursor=\(cursor)", "locale=en&cursor=\(cursor)", "cursor=\(cursor)A", "cursor=AAAA"] {
            expectProblem(try await suite.gateway.get("/v1/articles?\(target)"), 400, "cursor-invalid", "\(target)")
        }
    }

    @Test("Limits that are out of range and parameters that do not exist are refused, each named")
    func badQueries() async throws {
        let suite = try await SuiteUnderTest.shared()
        let table: [(query: String, faults: [String])] = [
            ("limit=0", ["limit range"]), ("limit=101", ["limit range"]), ("limit=x", ["limit format"]),
            ("limit=1&limit=2", ["limit duplicate"]), ("nonsense=1", ["nonsense unknown"]),
            ("limit=0&nonsense=1", ["limit range", "nonsense unknown"]), ("author=me", ["author format"]),
        ]
        for (query, faults) in table {
            let reply = try await suite.gateway.get("/v1/articles?\(query)")
            expectProblem(reply, 400, "invalid-query", "\(query): \(reply)")
            #expect(reply.faults.sorted() == faults, "\(query)")
        }
    }

    @Test("Nobody sees, changes or deletes another author's draft")
    func foreignDraft() async throws {
        let suite = try await SuiteUnderTest.shared()
        let (author, other) = (try await suite.newPerson("author"), try await suite.newPerson("other"))
        let made = try await suite.gateway.send(
            "POST", "/v1/articles", headers: [author.authorization], json: #"{"title":"Mine","body":""}"#)
        let path = "/v1/articles/\(try #require(made["id"]?.string))"
        let table: [(method: String, target: String, headers: [String], body: String?)] = [
            ("GET", path + "/draft", [], nil),
            ("PATCH", path, ["content-type: application/merge-patch+json", "if-match: *"], #"{"title":"Yours"}"#),
            ("PATCH", path, ["content-type: application/merge-patch+json"], #"{"title":"Yours"}"#),
            ("DELETE", path, ["if-match: *"], nil), ("DELETE", path, [], nil), ("POST", path + "/publish", [], nil),
            ("POST", path + "/unpublish", [], nil), ("GET", path, [], nil),
        ]
        for call in table {
            let reply = try await suite.gateway.send(
                call.method, call.target, headers: call.headers + [other.authorization],
                body: call.body.map { Array($0.utf8) })
            expectProblem(reply, 404, "not-found", "\(call.method) \(call.target): \(reply)")
        }
        let draft = try await suite.gateway.get(path + "/draft", headers: [author.authorization])
        #expect(draft["title"]?.string == "Mine")
    }

    @Test("A reader may not write, and is told what is missing")
    func reader() async throws {
        let suite = try await SuiteUnderTest.shared()
        let reader = try await suite.signIn("reader@example.com", password: "causeway demo 2026")
        let reply = try await suite.gateway.send(
            "POST", "/v1/articles", headers: [reader.authorization], json: #"{"title":"T","body":""}"#)
        expectProblem(reply, 403, "forbidden")
        #expect(reply["detail"]?.string?.contains("articles:write") == true)
    }

    @Test("An editor changes any article, and If-Match keeps two writers apart")
    func editor() async throws {
        let suite = try await SuiteUnderTest.shared()
        let author = try await suite.newPerson("author")
        let editor = try await suite.signIn("editor@example.com", password: "causeway demo 2026")
        let made = try await suite.gateway.send(
            "POST", "/v1/articles", headers: [author.authorization], json: #"{"title":"Draft","body":""}"#)
        let path = "/v1/articles/\(try #require(made["id"]?.string))"
        let tag = try #require(made.header("etag"))
        func patch(_ person: Person, _ condition: String, _ title: String) async throws -> HTTPReply {
            try await suite.gateway.send(
                "PATCH", path,
                headers: [person.authorization, "content-type: application/merge-patch+json", condition],
                json: #"{"title":"\#(title)"}"#)
        }
        #expect(try await patch(editor, "if-match: \(tag)", "Edited").status == 200)
        let late = try await patch(author, "if-match: \(tag)", "Late")
        expectProblem(late, 412, "precondition-failed")
        let now = try #require(late.header("etag"))
        #expect(try await patch(author, "if-match: \(now)", "Again").status == 200)
        let malformed = try await patch(author, "if-match: nonsense", "Never")
        expectProblem(malformed, 400, "invalid-query")
    }

    @Test("A renamed slug redirects to the new one")
    func renamed() async throws {
        let suite = try await SuiteUnderTest.shared()
        let author = try await suite.newPerson("author")
        let old = "old-slug-\(UInt32.random(in: 0 ... .max))"
        let made = try await suite.gateway.send(
            "POST", "/v1/articles", headers: [author.authorization],
            json: #"{"title":"Slugs","body":"","slug":"\#(old)"}"#)
        let path = "/v1/articles/\(try #require(made["id"]?.string, "\(made)"))"
        #expect(try await suite.gateway.send("POST", path + "/publish", headers: [author.authorization]).status == 200)
        let taken = try await suite.gateway.send(
            "POST", "/v1/articles", headers: [author.authorization],
            json: #"{"title":"Slugs","body":"","slug":"\#(old)"}"#)
        expectProblem(taken, 409, "slug-taken")
        let patched = try await suite.gateway.send(
            "PATCH", path,
            headers: [author.authorization, "content-type: application/merge-patch+json", "if-match: *"],
            json: #"{"slug":"\#(old)-new"}"#)
        #expect(patched.status == 200, "\(patched)")
        #expect(try await suite.gateway.send("POST", path + "/publish", headers: [author.authorization]).status == 200)
        let moved = try await suite.gateway.get("/v1/articles/\(old)")
        #expect(moved.status == 301, "\(moved)")
        #expect(moved.header("location") == "/v1/articles/\(old)-new")
        expectSound(moved)
    }
}
