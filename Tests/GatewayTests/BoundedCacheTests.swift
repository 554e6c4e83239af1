import Testing

@testable import Gateway

@Suite("The bounded cache")
struct BoundedCacheTests {
    @Test("never holds more than it may")
    func bounded() {
        let cache = BoundedCache<Int, Int>(entriesMax: 100)
        for key in 0..<10_000 {
            cache.store(key, for: key)
            #expect(cache.count <= 100)
            #expect(cache[key] == key)
        }
    }

    @Test("keeps what is used and forgets what is not")
    func keepsUsed() {
        let cache = BoundedCache<Int, String>(entriesMax: 10)
        cache.store("kept", for: -1)
        cache.store("lost", for: -2)
        for key in 0..<100 {
            cache.store("x", for: key)
            #expect(cache[-1] == "kept")
        }
        #expect(cache[-2] == nil)
    }

    @Test("replaces and removes")
    func replaces() {
        let cache = BoundedCache<Int, Int>(entriesMax: 2)
        cache.store(1, for: 1)
        cache.store(2, for: 2)
        cache.store(3, for: 1)
        #expect(cache[1] == 3)
        cache.remove(1)
        cache.remove(2)
        #expect(cache[1] == nil && cache[2] == nil)
        #expect(cache.count == 0)
    }
}
