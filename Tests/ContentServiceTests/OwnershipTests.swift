import Contract
import JSON
import Primitives
import Protocol
import TestKit
import Testing

@Suite struct OwnershipTests {
    @Test func anothersWorkingCopyDoesNotExist() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let (ada, bob) = (fixture.author(), fixture.author("bob"))
            let editor = fixture.author("eve", roles: [.editor])
            let draft = try await ada.create(title: "Mine")
            for article in [draft.id, "mine"] {
                #expect(try await bob.draft(article).code == "not-found")
                #expect(try await bob.patch(article, #"{"title":"x"}"#).code == "not-found")
                #expect(try await bob.patch(article, #"{"title":"x"}"#, ifMatch: nil).code == "not-found")
                #expect(try await bob.delete(article).code == "not-found")
                #expect(try await bob.publish(article).code == "not-found")
                #expect(try await bob.unpublish(article).code == "not-found")
            }
            #expect(try await ada.draft(draft.id).body == draft.body)
            #expect(try await editor.patch(draft.id, #"{"title":"Edited"}"#)["title"]?.string == "Edited")
            let published = try await editor.publish(draft.id)
            #expect(published["author", "id"]?.string == ada.id.description)
            #expect(try await editor.delete(draft.id).status == 204)
        }
    }

    @Test func permissionsAreNeeded() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let reader = fixture.author("rea", roles: [.reader])
            let calls = [
                try await reader.create(title: "x"), try await reader.draft("x"), try await reader.patch("x", "{}"),
                try await reader.delete("x"), try await reader.publish("x"), try await reader.unpublish("x"),
            ]
            #expect(calls.allSatisfy { $0.code == "forbidden" })
            let anonymous = Writer(id: .make(), context: .anonymous, probe: fixture.probe)
            #expect(try await anonymous.create(title: "x").code == "unauthenticated")
            #expect(try await anonymous.draft("x").code == "unauthenticated")
        }
    }

    @Test func authorsAreKnownFromTheFirstWrite() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author("ada", name: "Ada")
            fixture.user.setAway(true)
            await #expect(throws: CallFault.self) { _ = try await ada.create(title: "x") }
            fixture.user.setAway(false)
            let first = try await ada.post(title: "One")
            #expect(fixture.user.calls == 2)
            let before = try await fixture.read("one")
            // A later write learns the new name; the representation's tag changes with it, its version does not.
            fixture.user.put(ada.id, handle: "countess", name: "Countess")
            fixture.clock.advance(by: .seconds(601))
            _ = try await ada.create(title: "Two")
            let after = try await fixture.read("one")
            #expect(after["author", "displayName"]?.string == "Countess")
            #expect(after.etag != before.etag)
            #expect(after.etag?.hasPrefix("\"1-") == true && before.etag?.hasPrefix("\"1-") == true)
            #expect(try await ada.patch(first.id, #"{"title":"1"}"#, ifMatch: before.etag).status == 200)
            // An old name is no reason to refuse a write.
            fixture.user.setAway(true)
            fixture.clock.advance(by: .seconds(601))
            #expect(try await ada.create(title: "Three").status == 201)
            let ghost = Writer(id: .make(), context: .person(.make(), roles: [.author]), probe: fixture.probe)
            fixture.user.setAway(false)
            #expect(try await ghost.create(title: "x").code == "access-token-invalid")
        }
    }
}
