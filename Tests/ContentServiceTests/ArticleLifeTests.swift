import Contract
import JSON
import Primitives
import Protocol
import TestKit
import Testing

@Suite struct ArticleLifeTests {
    @Test func fromDraftToPublicAndBack() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author("ada", name: "Ada Lovelace")
            let body =
                #"{"title":" Crème brûlée ","body":"*Stir* well.","tags":[" Food ","food","Ünicode"],"data":{"n":1.5}}"#
            let created = try await ada.create(body)
            #expect(created.status == 201)
            #expect(created.slug == "creme-brulee" && created["title"]?.string == "Crème brûlée")
            #expect(created["bodyHtml"]?.string == "<p><em>Stir</em> well.</p>\n")
            #expect(created["summary"]?.string == "Stir well.")
            #expect(created["tags"] == .array([.string("food"), .string("ünicode")]))
            #expect(created["data", "n"]?.double == 1.5)
            #expect(created["status"]?.string == "draft" && created["publishedAt"] == .null)
            #expect(created["author", "displayName"]?.string == "Ada Lovelace")
            #expect(created["readingMinutes"]?.integer == 1)
            #expect(created.header("location") == "/v1/articles/\(created.id)/draft")
            #expect(created.etag?.hasPrefix("\"1-") == true && created["etag"]?.string == created.etag)
            #expect(try await ada.draft(created.id).body == created.body)
            #expect(try await ada.draft("creme-brulee").body == created.body)
            #expect(try await fixture.read("creme-brulee").code == "not-found")

            fixture.clock.advance(by: .seconds(60))
            let published = try await ada.publish(created.id)
            #expect(published["status"]?.string == "published" && published["publishedAt"] != .null)
            let public1 = try await fixture.read("creme-brulee")
            #expect(public1.status == 200)
            #expect(public1.body == published.body)
            #expect(try await fixture.read(created.id).body == public1.body)
            #expect(try await ada.publish(created.id).code == "already-published")

            fixture.clock.advance(by: .seconds(60))
            let changed = try await ada.patch(created.id, #"{"body":"New text."}"#, ifMatch: published.etag)
            #expect(changed["summary"]?.string == "New text." && changed["bodyHtml"]?.string == "<p>New text.</p>\n")
            #expect(changed["status"]?.string == "published")
            #expect(try await fixture.read(created.id).body == public1.body)
            let again = try await ada.publish(created.id)
            #expect(again["publishedAt"] == published["publishedAt"])
            let public2 = try await fixture.read(created.id)
            #expect(public2["bodyHtml"]?.string == "<p>New text.</p>\n" && public2.etag != public1.etag)

            let back = try await ada.unpublish(created.id)
            #expect(back["status"]?.string == "draft" && back["body"]?.string == "New text.")
            #expect(try await ada.unpublish(created.id).code == "not-published")
            #expect(try await fixture.read(created.id).code == "not-found")
            #expect(try await fixture.list().slugs == [])
            #expect(try await ada.publish(created.id).status == 200)
            #expect(try await ada.delete(created.id, ifMatch: nil).code == "precondition-required")
            #expect(try await ada.delete(created.id, ifMatch: created.etag).code == "precondition-failed")
            #expect(try await ada.delete(created.id, ifMatch: back.etag).status == 204)
            #expect(try await fixture.read(created.id).code == "not-found")
            #expect(try await ada.draft(created.id).code == "not-found")
            #expect(try await ada.delete(created.id).code == "not-found")
            #expect(try await ada.publish(created.id).code == "not-found")
            #expect(try await fixture.list("tag=food").slugs == [])
        }
    }

    @Test func summariesFollowTheBodyUntilTheyAreGiven() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let id = try await ada.create(#"{"title":"T","body":"First.","summary":"Mine."}"#).id
            #expect(try await ada.patch(id, #"{"body":"Second."}"#)["summary"]?.string == "Mine.")
            #expect(try await ada.patch(id, #"{"summary":null}"#)["summary"]?.string == "Second.")
            #expect(try await ada.patch(id, #"{"body":"Third."}"#)["summary"]?.string == "Third.")
            #expect(try await ada.patch(id, #"{"summary":"Again mine."}"#)["summary"]?.string == "Again mine.")
            let version = try await ada.draft(id).etag
            #expect(try await ada.patch(id, #"{"summary":"Again mine.","title":"T"}"#).etag == version)
        }
    }

    @Test func aRenamedSlugLeadsToTheNewOne() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let (ada, bob) = (fixture.author(), fixture.author("bob"))
            let id = try await ada.post(title: "First").id
            #expect(try await ada.patch(id, #"{"slug":"second"}"#).slug == "second")
            // The public sees a new slug when it is published, and nothing of one that never is.
            #expect(try await fixture.read("first").status == 200)
            #expect(try await fixture.read("second").code == "not-found")
            #expect(try await ada.patch(id, #"{"slug":"third"}"#).slug == "third")
            _ = try await ada.publish(id)
            let moved = try await fixture.read("first")
            #expect(moved.status == 301 && moved.header("location") == "/v1/articles/third")
            #expect(try await fixture.read("second").code == "not-found")
            #expect(try await bob.create(#"{"title":"B","body":"","slug":"second"}"#).status == 201)
            for slug in ["first", "third"] {
                #expect(try await bob.create(#"{"title":"B","body":"","slug":"\#(slug)"}"#).code == "slug-taken")
            }
            #expect(try await ada.patch(id, #"{"slug":"second"}"#).code == "slug-taken")
            #expect(try await ada.patch(id, #"{"slug":"first"}"#).slug == "first")
            _ = try await ada.publish(id)
            #expect(try await fixture.read("third").header("location") == "/v1/articles/first")
            _ = try await ada.unpublish(id)
            #expect(try await fixture.read("third").code == "not-found")
            _ = try await ada.delete(id)
            #expect(try await bob.create(#"{"title":"B","body":"","slug":"first"}"#).code == "slug-taken")
        }
    }

    @Test func oldSlugsAreBounded() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let id = try await ada.post(title: "s0").id
            for number in 1...24 {
                fixture.clock.advance(by: .seconds(1))
                #expect(try await ada.patch(id, #"{"slug":"s\#(number)"}"#).status == 200)
                #expect(try await ada.publish(id).status == 200)
            }
            #expect(try await fixture.read("s5").status == 301)
            #expect(try await fixture.read("s4").code == "not-found")
            #expect(try await fixture.read("s24").status == 200)
        }
    }

    @Test func sameTitlesGetSlugsOfTheirOwn() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let slugs = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 { group.addTask { try await ada.create(title: "Same title").slug } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(slugs.count == 20 && slugs.contains("same-title"))
            #expect(slugs.allSatisfy { Slug.isValid($0) && $0.hasPrefix("same-title") })
            #expect(try await ada.create(title: "日本語").slug == "article")
        }
    }
}
