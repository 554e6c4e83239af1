import Primitives
import Synchronization
import TLS
import Testing

@testable import TLS

@Suite struct TicketKeysTests {
    /// A clock that a test moves.
    private final class Hand: Sendable {
        private let seconds = Mutex<UInt64>(1000)
        var now: Deadline { Deadline(nanoseconds: seconds.withLock { $0 } * 1_000_000_000) }
        func move(_ by: UInt64) { seconds.withLock { $0 += by } }
    }

    @Test func `a key seals for a period and opens for three`() throws {
        let hand = Hand()
        let keys = TicketKeys(period: .seconds(100)) { hand.now }
        let first = try #require(keys.sealing())
        #expect(first.name.count == 16 && first.cipher.count == 32 && first.mac.count == 32)
        hand.move(99)
        #expect(keys.sealing()?.name == first.name)
        #expect(keys.opening(first.name)?.isOld == false)
        hand.move(2)
        // Nobody has sealed since, but it seals no more.
        #expect(keys.opening(first.name)?.isOld == true)
        let second = try #require(keys.sealing())
        #expect(second.name != first.name && second.cipher != first.cipher && second.mac != first.mac)
        // A ticket of its last second lives two periods.
        hand.move(198)
        #expect(keys.opening(first.name)?.key.cipher == first.cipher)
        hand.move(2)
        #expect(keys.opening(first.name) == nil)
        #expect(keys.opening(second.name)?.isOld == true)
        #expect(keys.opening([UInt8](repeating: 0, count: 16)) == nil)
        #expect(keys.lifetime == .seconds(200))
    }

    @Test func `another process goes on with them, as old as they are`() throws {
        let hand = Hand()
        let keys = TicketKeys(period: .seconds(100)) { hand.now }
        let first = try #require(keys.sealing())
        hand.move(101)
        let second = try #require(keys.sealing())
        let heir = TicketKeys(period: .seconds(100)) { hand.now }
        heir.inherit(keys.inherited)
        #expect(heir.sealing()?.name == second.name)
        #expect(heir.opening(first.name)?.key.mac == first.mac && heir.opening(first.name)?.isOld == true)
        hand.move(99)
        #expect(heir.opening(first.name) != nil)
        hand.move(101)
        #expect(heir.opening(first.name) == nil)
        #expect(heir.sealing()?.name != second.name && heir.opening(second.name)?.isOld == true)
        // Whoever has keys keeps them, and what makes no sense is none.
        heir.inherit(keys.inherited)
        #expect(heir.opening(first.name) == nil)
        for count in [0, 1, 87, 89, 4 * 88] {
            let none = TicketKeys { hand.now }
            none.inherit(Secret([UInt8](repeating: 1, count: count)))
            #expect(none.inherited.exposedValue.isEmpty)
        }
    }
}
