import HTTP
import Primitives
import Testing

@testable import Gateway

/// Event tables of the cache's machine: no clock, no sockets.
@Suite("The cache's machine")
struct CacheMachineTests {
    private final class Guest {}

    private final class Table {
        var machine: CacheMachine<Guest>
        var now = Deadline(nanoseconds: 1_000_000_000_000)
        /// Purges are heard of by default.
        var isSilent = false
        let key = CacheKey(target: "/a")

        init(_ settings: CacheMachine<Guest>.Settings = .init()) {
            machine = CacheMachine(settings)
        }

        func pass(_ seconds: Double) { now = now.advanced(by: .milliseconds(Int(seconds * 1000))) }

        var heardUntil: Deadline { isSilent ? Deadline(nanoseconds: 0) : now.advanced(by: .seconds(3)) }

        func look(_ key: CacheKey? = nil) -> CacheMachine<Guest>.Finding {
            machine.look(key ?? self.key, at: now, heardUntil: heardUntil) { Guest() }
        }

        /// What a look gives, as a word.
        func word() -> String {
            switch look() {
            case .fresh(let answer): "fresh \(answer.text)"
            case .stale(let answer, nil): "stale \(answer.text)"
            case .stale(let answer, .some): "stale \(answer.text), refresh"
            case .bridged(let answer): "bridged \(answer.text)"
            case .fill(_, let known): known.map { "fill over \($0.text)" } ?? "fill"
            case .wait(_, _, let known): known.map { "wait over \($0.text)" } ?? "wait"
            case .pass: "pass"
            case .full: "full"
            }
        }

        func ticket() throws -> FillTicket {
            switch look() {
            case .fill(let ticket, _), .stale(_, .some(let ticket)): return ticket
            default: throw NoTicket()
            }
        }

        func waiter() throws -> Guest { try place().waiter }

        func place() throws -> (waiter: Guest, place: FillPlace) {
            guard case .wait(let waiter, let place, _) = look() else { throw NoTicket() }
            return (waiter, place)
        }

        @discardableResult
        func settle(
            _ ticket: FillTicket, _ result: CacheMachine<Guest>.Result
        ) -> (waiters: [Guest], isKept: Bool) {
            machine.settle(ticket, result, at: now)
        }

        func abandon(_ ticket: FillTicket) -> Guest? { machine.abandon(ticket) }
        func leave(_ place: FillPlace) -> Bool { machine.leave(place) }
        func purge(_ tags: [CacheTagHash]) -> Int { machine.purge(tags) }
        func purgeEverything() { machine.purgeEverything() }

        func fill(_ answer: StoredAnswer) throws { settle(try ticket(), .keep(answer)) }

        func bridges(_ answer: StoredAnswer) -> Bool {
            machine.bridges(answer, of: key, at: now, heardUntil: heardUntil)
        }
    }

    private struct NoTicket: Error {}

    @Test("One fills, the others wait and are told; then it is there until it is stale")
    func fill() throws {
        let table = Table()
        let ticket = try table.ticket()
        let waiters = try (0..<3).map { _ in try table.waiter() }
        #expect(table.machine.waiting == 3 && table.machine.fillsInFlight == 1)
        let (told, isKept) = table.settle(ticket, .keep(.made("x", at: table.now, lifetime: 10)))
        #expect(isKept && told.elementsEqual(waiters, by: ===))
        #expect(table.machine.waiting == 0 && table.machine.fillsInFlight == 0)
        #expect(table.word() == "fresh x")
        table.pass(9.9)
        #expect(table.word() == "fresh x")
        table.pass(0.2)
        #expect(table.word() == "fill over x")
        // A second word about the same ticket is none.
        #expect(table.settle(ticket, .pass).waiters.isEmpty)
    }

    @Test("What is not kept makes nobody wait for a while")
    func hitForMiss() throws {
        let table = Table()
        let ticket = try table.ticket()
        let waiter = try table.waiter()
        #expect(table.settle(ticket, .pass).waiters.first === waiter)
        #expect(table.word() == "pass" && table.word() == "pass")
        table.pass(5.1)
        #expect(table.word() == "fill" && table.word() == "wait")
        // It also takes the place of what was kept before.
        let other = Table()
        try other.fill(.made("x", at: other.now, lifetime: 1))
        other.pass(2)
        other.settle(try other.ticket(), .pass)
        #expect(other.word() == "pass")
    }

    @Test("Stale: given while one asks behind it, then only where the service fails, then not at all")
    func stale() throws {
        let table = Table()
        try table.fill(.made("x", at: table.now, lifetime: 10, behind: 5, onError: 60))
        table.pass(11)
        let ticket = try table.ticket()
        #expect(table.word() == "stale x")
        table.settle(ticket, .fail)
        #expect(table.word() == "stale x", "the service rests")
        table.pass(1.1)
        #expect(table.word() == "stale x, refresh" && table.word() == "stale x")
        table.pass(5)
        #expect(table.word() == "wait over x", "for the one that asks behind it")
        let later = Table()
        let kept = StoredAnswer.made("x", at: later.now, lifetime: 10, behind: 5, onError: 60)
        try later.fill(kept)
        later.pass(30)
        later.settle(try later.ticket(), .fail)
        #expect(later.word() == "bridged x")
        later.pass(1.1)
        #expect(later.word() == "fill over x")
        #expect(later.bridges(kept))
        // Another one of the same key was let go of, as after a purge.
        #expect(!later.bridges(.made("x", at: later.now)))
        later.pass(40)
        #expect(!later.bridges(kept))
    }

    @Test("While no purge can be heard of, what a purge could name is asked for anew, and stands in for a while")
    func silence() throws {
        let table = Table()
        table.isSilent = true
        try table.fill(.made("x", tags: [1], at: table.now, lifetime: 1000, behind: 1000, onError: 60))
        table.pass(2.9)
        #expect(table.word() == "fresh x")
        table.pass(0.2)
        let ticket = try table.ticket()
        table.settle(ticket, .fail)
        #expect(table.word() == "bridged x")
        table.pass(62)
        #expect(table.word() == "fill over x")
        table.isSilent = false
        #expect(table.word() == "fresh x")
        // What nothing can name is good for as long as it said.
        let untagged = Table()
        untagged.isSilent = true
        try untagged.fill(.made("y", at: untagged.now, lifetime: 1000))
        untagged.pass(999)
        #expect(untagged.word() == "fresh y")
    }

    @Test("What was asked for before a purge is given to who came before it, and neither kept nor waited for after")
    func race() throws {
        let table = Table()
        let first = try table.ticket()
        let early = try table.waiter()
        #expect(table.purge([7]) == 0)
        let second = try table.ticket()
        #expect(first != second)
        let late = try table.waiter()
        let (told, isKept) = table.settle(first, .keep(.made("old", tags: [7], at: table.now)))
        #expect(!isKept && told.count == 1 && told.first === early)
        #expect(table.word() == "wait")
        let after = table.settle(second, .keep(.made("new", tags: [7], at: table.now)))
        #expect(after.isKept && after.waiters.first === late)
        #expect(table.word() == "fresh new")
        // Another tag's purge costs a second question at most, not the answer.
        #expect(table.purge([8]) == 0 && table.word() == "fresh new")
        #expect(table.purge([7]) == 1 && table.word() == "fill")
    }

    @Test("A purge of everything, and one of more than is remembered, forget what is being asked for")
    func everything() throws {
        let table = Table()
        let first = try table.ticket()
        table.purgeEverything()
        #expect(!table.settle(first, .keep(.made("old", at: table.now))).isKept)
        let second = try table.ticket()
        for tag in 0...PurgeMemory.tagsMax { _ = table.purge([tag]) }
        #expect(!table.settle(second, .keep(.made("old", tags: [-1], at: table.now))).isKept)
        let third = try table.ticket()
        #expect(table.settle(third, .keep(.made("new", tags: [-1], at: table.now))).isKept)
    }

    @Test("A filler that is gone hands over to the one that waits longest; the last one leaves nothing behind")
    func heirs() throws {
        let table = Table()
        let ticket = try table.ticket()
        let (first, second) = (try table.place(), try table.place())
        #expect(table.abandon(ticket) === first.waiter)
        #expect(!table.leave(first.place), "it has the ticket")
        #expect(table.leave(second.place) && !table.leave(second.place))
        #expect(table.abandon(ticket) == nil)
        #expect(table.machine.waiting == 0 && table.machine.fillsInFlight == 0)
        #expect(table.word() == "fill")
    }

    @Test("Whoever leaves is forgotten alone, and the others are told in the order in which they came")
    func leavers() throws {
        let table = Table()
        let ticket = try table.ticket()
        let guests = try (0..<6).map { _ in try table.place() }
        for index in [0, 3, 5] { #expect(table.leave(guests[index].place)) }
        #expect(table.machine.waiting == 3)
        #expect(table.abandon(ticket) === guests[1].waiter)
        let late = try table.place()
        let (told, _) = table.settle(ticket, .pass)
        let expected = [guests[2].waiter, guests[4].waiter, late.waiter]
        #expect(told.count == 3 && told.elementsEqual(expected, by: ===))
        #expect(table.machine.waiting == 0 && !table.leave(late.place))
        // All gone, and one more who came after them.
        let other = Table()
        let ask = try other.ticket()
        for guest in try (0..<4).map({ _ in try other.place() }) { #expect(other.leave(guest.place)) }
        let last = try other.waiter()
        #expect(other.abandon(ask) === last && other.abandon(ask) == nil && other.machine.waiting == 0)
    }

    @Test("Thousands who leave cost no more than each its own place", .timeLimit(.minutes(1)))
    func manyLeave() throws {
        let table = Table(.init(waitersMax: 200_000))
        // One key's fill has all who wait, beside fills of others.
        for index in 0..<1000 { _ = table.look(CacheKey(target: "/other/\(index)")) }
        _ = try table.ticket()
        let places = try (0..<100_000).map { _ in try table.place().place }
        for place in places.reversed() { #expect(table.leave(place)) }
        #expect(table.machine.waiting == 0)
    }

    @Test("An heir asks after what was purged meanwhile")
    func lateHeir() throws {
        let table = Table()
        let ticket = try table.ticket()
        let heir = try table.waiter()
        _ = table.purge([7])
        #expect(table.abandon(ticket) === heir)
        #expect(table.settle(ticket, .keep(.made("new", tags: [7], at: table.now))).isKept)
    }

    @Test("Waiters are bounded")
    func full() throws {
        let table = Table(.init(waitersMax: 2))
        _ = try table.ticket()
        #expect(table.word() == "wait" && table.word() == "wait" && table.word() == "full")
    }
}
