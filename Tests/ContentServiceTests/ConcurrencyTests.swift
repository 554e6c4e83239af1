import Contract
import JSON
import Primitives
import Protocol
import TestKit
import Testing

@Suite struct ConcurrencyTests {
    /// How often each outcome came of `count` calls at the same time.
    private func outcomes(
        of count: Int, _ call: @escaping @Sendable (Int) async throws -> EndpointProbe.Reply
    ) async throws -> [String: Int] {
        try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<count { group.addTask { try await call(index).code ?? "done" } }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }

    @Test func ofManyWritersOneWinsEachRound() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let id = try await ada.create(title: "Contested").id
            for round in 1...8 {
                let found = try await outcomes(of: 12) {
                    try await ada.patch(id, #"{"title":"r\#(round) w\#($0)"}"#, ifMatch: "\"\(round)\"")
                }
                #expect(found == ["done": 1, "precondition-failed": 11])
            }
            #expect(try await ada.draft(id).etag?.hasPrefix("\"9-") == true)
        }
    }

    /// Renames go another way, through a transaction.
    @Test func ofManyRenamesOneWinsEachRound() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let id = try await ada.create(title: "Contested").id
            for round in 1...5 {
                let found = try await outcomes(of: 8) {
                    try await ada.patch(id, #"{"slug":"r\#(round)-w\#($0)"}"#, ifMatch: "\"\(round)\"")
                }
                #expect(found == ["done": 1, "precondition-failed": 7])
            }
            // Whoever lost has claimed nothing.
            let slug = try await ada.draft(id).slug
            for round in 1...5 {
                for writer in 0..<8 where "r\(round)-w\(writer)" != slug {
                    let body = #"{"title":"x","body":"","slug":"r\#(round)-w\#(writer)"}"#
                    #expect(try await ada.create(body).status == 201)
                }
            }
        }
    }

    @Test func aSlugGoesToOneOfManyArticles() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            var ids: [String] = []
            for index in 0..<10 { ids.append(try await ada.create(title: "Article \(index)").id) }
            let all = ids
            let renamed = try await outcomes(of: 10) { try await ada.patch(all[$0], #"{"slug":"wanted"}"#) }
            #expect(renamed == ["done": 1, "slug-taken": 9])
            let created = try await outcomes(of: 10) { _ in
                try await ada.create(#"{"title":"x","body":"","slug":"also-wanted"}"#)
            }
            #expect(created == ["done": 1, "slug-taken": 9])
        }
    }

    @Test func starLosesNoUpdate() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let id = try await ada.create(title: "Shared").id
            let changes = [
                #"{"title":"T"}"#, #"{"body":"B"}"#, #"{"tags":["t"]}"#, #"{"locale":"de"}"#, #"{"slug":"s"}"#,
            ]
            let found = try await outcomes(of: 5) { try await ada.patch(id, changes[$0]) }
            #expect(found == ["done": 5])
            let draft = try await ada.draft(id)
            #expect(draft["title"]?.string == "T" && draft["body"]?.string == "B" && draft.slug == "s")
            #expect(draft["tags"] == .array([.string("t")]) && draft["locale"]?.string == "de")
        }
    }

    /// Whatever the order, a deleted article is not public, and a published snapshot is one that its author wrote.
    @Test func publishingDeletingAndRenamingAtOnceLeaveNoTrace() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            for round in 0..<10 {
                let id = try await ada.create(title: "Round \(round)", tags: ["t"]).id
                _ = try await outcomes(of: 12) { index in
                    switch index % 4 {
                    case 0: try await ada.publish(id)
                    case 1: try await ada.unpublish(id)
                    case 2: try await ada.patch(id, #"{"slug":"round-\#(round)-\#(index)","title":"\#(index)"}"#)
                    default: index == 11 ? try await ada.delete(id) : try await ada.publish(id)
                    }
                }
                #expect(try await ada.draft(id).code == "not-found")
                #expect(try await fixture.read(id).code == "not-found")
            }
            #expect(try await fixture.list("tag=t").slugs == [])
            #expect(try await fixture.list().slugs == [])
        }
    }
}
