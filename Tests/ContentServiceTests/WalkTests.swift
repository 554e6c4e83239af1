import JSON
import Primitives
import Protocol
import Synchronization
import TestKit
import Testing

/// Walks through lists while others write. An article that was there all the time comes exactly once; none comes twice.
@Suite struct WalkTests {
    /// Articles that nobody takes away, and others that come and go.
    private struct Stock: Sendable {
        var steady: [String] = []
        var volatile: [String] = []
    }

    private let articles = 60

    /// Some at the same moment, so that often only the id decides.
    private func stock(_ ada: Writer, _ fixture: ContentFixture) async throws -> Stock {
        var stock = Stock()
        for index in 0..<articles {
            if index.isMultiple(of: 7) { fixture.clock.advance(by: .milliseconds(1)) }
            let id = try await ada.post(title: "Article \(index)", tags: ["t"]).id
            if index.isMultiple(of: 3) { stock.volatile.append(id) } else { stock.steady.append(id) }
        }
        return stock
    }

    /// What somebody else may do at any moment.
    private func disturb(
        _ ada: Writer, _ stock: Stock, _ fixture: ContentFixture, _ generator: inout SeededGenerator
    ) async throws {
        let volatile = stock.volatile.randomElement(using: &generator) ?? ""
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: _ = try await ada.unpublish(volatile)
        case 1: _ = try await ada.publish(volatile)
        case 2: _ = try await ada.post(title: "New", tags: ["t"])
        case 3:
            let id = try await ada.post(title: "Short-lived", tags: ["t"]).id
            _ = try await ada.delete(id)
        case 4:
            // A newer version of what is public stays where it was.
            let id = stock.steady.randomElement(using: &generator) ?? ""
            _ = try await ada.patch(id, #"{"title":"Edited \#(UInt16.random(in: 0 ... .max, using: &generator))"}"#)
            _ = try await ada.publish(id)
        default: fixture.clock.advance(by: .milliseconds(1))
        }
    }

    private func walk(_ query: String, _ fixture: ContentFixture) async throws -> [(id: String, at: String)] {
        var seen: [(id: String, at: String)] = []
        var cursor: String?
        repeat {
            let page = try await fixture.list(query + (cursor.map { "&cursor=\($0)" } ?? ""))
            for item in page["items"]?.array ?? [] {
                seen.append((item.object?["id"]?.string ?? "", item.object?["publishedAt"]?.string ?? ""))
            }
            cursor = page["page", "next"]?.string
        } while cursor != nil
        return seen
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func eachArticleComesOnceWhileOthersWrite(seed: UInt64) async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let stock = try await stock(ada, fixture)
            let end = End()
            try await withThrowingTaskGroup(of: Int.self) { group in
                for writer in 0..<3 as Range<UInt64> {
                    group.addTask {
                        var generator = SeededGenerator(seed: seed * 10 + writer)
                        var done = 0
                        while !end.isReached {
                            try await disturb(ada, stock, fixture, &generator)
                            done += 1
                        }
                        return done
                    }
                }
                try await withThrowingTaskGroup(of: Void.self) { walkers in
                    for query in ["", "tag=t", "author=\(ada.id)", "locale=en", "tag=t&locale=en"] {
                        walkers.addTask {
                            for limit in [1, 3, 7, 21] {
                                let seen = try await walk("\(query)&limit=\(limit)".trimmed, fixture)
                                check(seen, stock, "\(query) limit=\(limit)")
                            }
                        }
                    }
                    try await walkers.waitForAll()
                }
                end.reach()
                let disturbances = try await group.reduce(0, +)
                #expect(disturbances > 0, "the walks were disturbed")
            }
        }
    }

    private func check(_ seen: [(id: String, at: String)], _ stock: Stock, _ walk: Comment) {
        let ids = seen.map(\.id)
        #expect(Set(ids).count == ids.count, "nothing comes twice: \(walk)")
        #expect(Set(stock.steady).isSubset(of: ids), "what stayed is not missing: \(walk)")
        for (one, next) in zip(seen, seen.dropFirst()) {
            #expect((one.at, one.id) > (next.at, next.id), "newest first: \(walk)")
        }
    }
}

/// When the disturbances stop.
private final class End: Sendable {
    private let flag = Atomic(false)

    var isReached: Bool { flag.load(ordering: .acquiring) }

    func reach() { flag.store(true, ordering: .releasing) }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == "&" }) }
}
