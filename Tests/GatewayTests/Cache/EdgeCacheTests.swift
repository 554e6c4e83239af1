import Contract
import HTTP
import Primitives
import Synchronization
import TestKit
import Testing

@testable import Gateway

/// The cache among threads.
@Suite("The cache, shared")
struct EdgeCacheTests {
    private let key = CacheKey(target: "/a")

    private func cache() -> EdgeCache { EdgeCache(bytesMax: 1 << 20) { .now } }

    /// Asks as a request does; counts fills.
    private func ask(_ cache: EdgeCache, _ fills: Counter) async -> String {
        switch cache.look(key, at: .now) {
        case .fresh(let answer): return answer.text
        case .fill(let ticket, _): return await fill(cache, ticket, fills)
        case .wait(let waiter, let place, _):
            switch await cache.wait(waiter, at: place) {
            case .answer(let answer): return answer.text
            case .heir(let ticket): return await fill(cache, ticket, fills)
            case .left: return "left"
            case .pass: return "pass"
            case .failed: return "failed"
            }
        default: return "?"
        }
    }

    private func fill(_ cache: EdgeCache, _ ticket: FillTicket, _ fills: Counter) async -> String {
        fills.value.wrappingAdd(1, ordering: .relaxed)
        do {
            try await Task.sleep(for: .milliseconds(30))
        } catch {
            cache.abandon(ticket)
            return "gone"
        }
        _ = cache.keep(.made("x", at: .now), ticket)
        return "x"
    }

    @Test("An answer tells whether it came in place of one that was too old (RFC 9211, section 2.2)")
    func status() {
        let fields = [false, true].map { CacheStatus.filled(status: 200, isKept: true, isStale: $0).field }
        #expect(fields[0] == "causeway; fwd=uri-miss; fwd-status=200; stored")
        #expect(fields[1] == "causeway; fwd=stale; fwd-status=200; stored")
        for status in [CacheStatus.hit(ttlSeconds: 59), .hit(ttlSeconds: -3), .bypassed] {
            var told = HeaderFields()
            status.tell(&told)
            #expect(told == ["cache-status": status.field])
        }
    }

    @Test("A thousand at once ask the service once")
    func thousand() async {
        let (cache, fills) = (cache(), Counter())
        let answers = await withTaskGroup(of: String.self) { group in
            for _ in 0..<1000 { group.addTask { await ask(cache, fills) } }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(answers == ["x"])
        #expect(fills.value.load(ordering: .relaxed) == 1)
        #expect(cache.sum { $0.waiting } == 0 && cache.sum { $0.fillsInFlight } == 0)
    }

    @Test("Whoever leaves, as a filler or as one that waits, leaves the others an answer")
    func leavers() async throws {
        let (cache, fills) = (cache(), Counter())
        let tasks = (0..<60).map { _ in Task { await ask(cache, fills) } }
        try await eventually { cache.sum { $0.waiting } == 59 }
        for task in tasks.shuffled().prefix(30) { task.cancel() }
        var answers: [String: Int] = [:]
        for task in tasks { answers[await task.value, default: 0] += 1 }
        #expect(answers["x", default: 0] >= 30, "\(answers)")
        #expect(Set(answers.keys).isSubset(of: ["x", "left", "gone"]), "\(answers)")
        #expect(cache.sum { $0.waiting } == 0 && cache.sum { $0.fillsInFlight } == 0)
        #expect(cache.sum { $0.shelf.count } == 1)
    }

    @Test("All are told at once that it failed, or that it is not kept")
    func outcomes() async throws {
        for (settle, word) in [
            ({ (cache: EdgeCache, ticket: FillTicket) in cache.fail(ticket, Problem(.unavailable)) }, "failed"),
            ({ cache, ticket in cache.pass(ticket) }, "pass"),
        ] {
            let (cache, fills) = (cache(), Counter())
            guard case .fill(let ticket, _) = cache.look(key, at: .now) else { throw NoTicket() }
            let tasks = (0..<20).map { _ in Task { await ask(cache, fills) } }
            try await eventually { cache.sum { $0.waiting } == 20 }
            settle(cache, ticket)
            for task in tasks { #expect(await task.value == word) }
        }
    }

    private struct NoTicket: Error {}

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }
}
