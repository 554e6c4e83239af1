import Primitives
import ServiceKit
import Testing

@Suite struct CursorSealerTests {
    private static let (older, newer) = (
        Secret([UInt8](repeating: 1, count: 32)), Secret([UInt8](repeating: 2, count: 32))
    )
    private static let sealer = CursorSealer(keys: [older])
    private static let list = ListIdentity(operation: "listThings", order: "newest-first", filter: ["a", nil])
    private static let position = [UInt8](0..<24)

    @Test func opensWhatItSealed() {
        for position in [[], [7], Self.position] {
            #expect(Self.sealer.open(Self.sealer.seal(position, for: Self.list), for: Self.list) == position)
        }
    }

    @Test(arguments: [
        ListIdentity(operation: "listOthers", order: "newest-first", filter: ["a", nil]),
        ListIdentity(operation: "listThings", order: "title", filter: ["a", nil]),
        ListIdentity(operation: "listThings", order: "newest-first", filter: ["b", nil]),
        ListIdentity(operation: "listThings", order: "newest-first", filter: [nil, "a"]),
        ListIdentity(operation: "listThings", order: "newest-first", filter: ["a", ""]),
        ListIdentity(operation: "listThings", order: "newest-first", filter: ["a"]),
        ListIdentity(operation: "listThings", order: "newest-first", filter: ["a", nil, nil]),
        // The same letters, cut elsewhere.
        ListIdentity(operation: "listThingsnewest", order: "-first", filter: ["a", nil]),
    ])
    func refusesAnotherList(other: ListIdentity) {
        #expect(Self.sealer.open(Self.sealer.seal(Self.position, for: Self.list), for: other) == nil)
        #expect(Self.sealer.open(Self.sealer.seal(Self.position, for: other), for: Self.list) == nil)
    }

    @Test func refusesWhatWasChanged() throws {
        let cursor = Self.sealer.seal(Self.position, for: Self.list)
        let bytes = try #require(Base64URL.decode(cursor))
        for bit in 0..<bytes.count * 8 {
            var forged = bytes
            forged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(Self.sealer.open(Base64URL.encode(forged), for: Self.list) == nil)
        }
        for length in 0..<bytes.count {
            #expect(Self.sealer.open(Base64URL.encode(Array(bytes.prefix(length))), for: Self.list) == nil)
            #expect(Self.sealer.open(Base64URL.encode(Array(bytes.suffix(length))), for: Self.list) == nil)
        }
        #expect(Self.sealer.open(Base64URL.encode(bytes + [0]), for: Self.list) == nil)
        #expect(Self.sealer.open(Base64URL.encode([0] + bytes), for: Self.list) == nil)
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func refusesWhateverElse(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let count = Int.random(in: 0...64, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(Self.sealer.open(Base64URL.encode(bytes), for: Self.list) == nil)
            #expect(Self.sealer.open(String(decoding: bytes, as: UTF8.self), for: Self.list) == nil)
        }
    }

    @Test func aRotationKeepsWhatWasMade() {
        let cursor = Self.sealer.seal(Self.position, for: Self.list)
        #expect(CursorSealer(keys: [Self.newer, Self.older]).open(cursor, for: Self.list) == Self.position)
        #expect(CursorSealer(keys: [Self.newer]).open(cursor, for: Self.list) == nil)
    }
}
