import HTTP
import Primitives
import Testing

@testable import Gateway

@Suite("The shelf of kept answers")
struct CacheShelfTests {
    private func key(_ number: Int) -> CacheKey { CacheKey(target: "/\(number)") }

    /// A shelf that an expectation may ask.
    private final class Shelf {
        var shelf: CacheShelf

        init(bytesMax: Int) {
            shelf = CacheShelf(bytesMax: bytesMax)
        }

        var bytes: Int { shelf.bytes }
        var count: Int { shelf.count }
        var removals: CacheShelf.Removals { shelf.removals }
        var refusals: Int { shelf.refusals }

        @discardableResult
        func put(_ content: CacheShelf.Content, for key: CacheKey) -> Bool { shelf.put(content, for: key) }

        @discardableResult
        func purge(_ tag: CacheTagHash) -> Int { shelf.purge(tag) }

        func text(_ key: CacheKey) -> String? {
            guard case (.answer(let answer), _)? = shelf.use(key) else { return nil }
            return answer.text
        }
    }

    @Test("stays within its bytes, and refuses what is too large for it")
    func bounded() {
        let shelf = Shelf(bytesMax: 64 << 10)
        for number in 0..<5000 {
            let text = String(repeating: "x", count: number % 3000)
            shelf.put(.answer(.made(text, tags: [number % 7])), for: key(number))
            #expect(shelf.bytes <= 64 << 10)
        }
        #expect(shelf.count > 10 && shelf.removals.evicted > 1000)
        #expect(shelf.refusals == 0)
        #expect(!shelf.put(.answer(.made(String(repeating: "x", count: 40_000))), for: key(0)))
        #expect(shelf.refusals == 1)
        for tag in 0..<7 { shelf.purge(tag) }
        #expect(shelf.count == 0 && shelf.bytes == 0)
    }

    @Test("keeps what is read again while somebody walks past it")
    func scan() {
        let shelf = Shelf(bytesMax: 64 << 10)
        for number in 0..<20 { shelf.put(.answer(.made("hot \(number)")), for: key(number)) }
        for pass in 0..<40 {
            for number in 0..<20 { #expect(shelf.text(key(number)) == "hot \(number)", "pass \(pass)") }
            for number in 0..<100 { shelf.put(.answer(.made("cold")), for: key(1000 + pass * 100 + number)) }
        }
    }

    @Test("lets go of what a tag names, and of nothing else")
    func tags() {
        let shelf = Shelf(bytesMax: 1 << 20)
        shelf.put(.answer(.made("a", tags: [1, 2])), for: key(1))
        shelf.put(.answer(.made("b", tags: [2, 3])), for: key(2))
        shelf.put(.answer(.made("c", tags: [3])), for: key(3))
        shelf.put(.pass(until: Deadline(nanoseconds: 1)), for: key(4))
        #expect(shelf.purge(2) == 2 && shelf.purge(2) == 0)
        #expect(shelf.text(key(1)) == nil && shelf.text(key(2)) == nil && shelf.text(key(3)) == "c")
        shelf.put(.answer(.made("d", tags: [9])), for: key(3))
        #expect(shelf.purge(3) == 0 && shelf.text(key(3)) == "d")
        shelf.shelf.purgeEverything()
        #expect(shelf.count == 0 && shelf.bytes == 0 && shelf.text(key(3)) == nil)
    }

    /// Against a plain map: whatever it still has is what was put last and not purged since.
    @Test("never gives what was replaced or let go of", arguments: 0..<5)
    func model(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let shelf = Shelf(bytesMax: 48 << 10)
        var truth: [Int: (text: String, tag: Int)] = [:]
        for step in 0..<4000 {
            let number = Int.random(in: 0..<60, using: &generator)
            switch Int.random(in: 0..<20, using: &generator) {
            case 0:
                let tag = Int.random(in: 0..<10, using: &generator)
                shelf.purge(tag)
                truth = truth.filter { $0.value.tag != tag }
            case 1..<12:
                if let found = shelf.text(key(number)) { #expect(found == truth[number]?.text) }
            default:
                let size = Int.random(in: 0..<2000, using: &generator)
                truth[number] = ("\(step) " + String(repeating: "y", count: size), number % 10)
                shelf.put(.answer(.made(truth[number]?.text ?? "", tags: [number % 10])), for: key(number))
            }
            #expect(shelf.bytes <= 48 << 10 && shelf.bytes >= 0)
        }
        #expect(shelf.removals.evicted > 0 && shelf.removals.purged > 0 && shelf.removals.replaced > 0)
    }
}
