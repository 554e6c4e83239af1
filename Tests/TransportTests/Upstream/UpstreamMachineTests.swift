import NIOCore
import Primitives
import Testing
import Transport

/// Which instance is next, event by event.
@Suite struct UpstreamMachineTests {
    /// Something that happens to instances, which are named by the last digit of their port.
    enum Event {
        case listed([Int])
        case linked(Int)
        case unlinked(Int)
        case connectFails(Int)
        case rested(Int)
        /// So many calls that fail one after the other.
        case faults(Int, Int)
        case goodAnswer(Int)
        case lost(Int)
        case ready(Int, Bool)
        case seconds(Int)
        case ejectionTimer(Int)
        case left(Int)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let events: [Event]
        let candidates: [Int]
        var ejected: [Int] = []
        var wantsLinks = false
    }

    private static let two: [Event] = [.listed([1, 2]), .linked(1), .linked(2)]
    private static let four: [Event] = [.listed([1, 2, 3, 4]), .linked(1), .linked(2), .linked(3), .linked(4)]

    private static let addresses = [
        Row(testDescription: "nothing is known", events: [], candidates: []),
        Row(testDescription: "an address is no connection", events: [.listed([1])], candidates: [], wantsLinks: true),
        Row(
            testDescription: "one of two is linked", events: [.listed([1, 2]), .linked(2)], candidates: [2],
            wantsLinks: true),
        Row(testDescription: "both are linked", events: two, candidates: [1, 2]),
        Row(testDescription: "the same list changes nothing", events: two + [.listed([2, 1])], candidates: [1, 2]),
        Row(testDescription: "one is no longer listed", events: two + [.listed([2])], candidates: [2]),
        Row(
            testDescription: "one leaves and another comes", events: two + [.listed([2, 3]), .left(1), .linked(3)],
            candidates: [2, 3]),
        Row(
            testDescription: "one leaves, and is listed again before it is gone",
            events: two + [.listed([2]), .listed([1, 2])], candidates: [1, 2]),
        Row(
            testDescription: "what did not leave is not forgotten", events: two + [.left(1)], candidates: [1, 2]),
    ]

    private static let links = [
        Row(
            testDescription: "a connection is gone", events: two + [.unlinked(1)], candidates: [2], wantsLinks: true),
        Row(testDescription: "no attempt for a while", events: two + [.connectFails(1)], candidates: [2]),
        Row(
            testDescription: "then another", events: two + [.connectFails(1), .rested(1)], candidates: [2],
            wantsLinks: true),
        Row(
            testDescription: "a pause that ends late changes nothing",
            events: two + [.connectFails(1), .linked(1), .rested(1)], candidates: [1, 2]),
    ]

    private static let ejections = [
        Row(testDescription: "four faults are forgiven", events: two + [.faults(1, 4)], candidates: [1, 2]),
        Row(testDescription: "five are not", events: two + [.faults(1, 5)], candidates: [2], ejected: [1]),
        Row(
            testDescription: "five in a row", events: two + [.faults(1, 4), .goodAnswer(1), .faults(1, 4)],
            candidates: [1, 2]),
        Row(
            testDescription: "lost connections count", events: two + [.faults(1, 4), .lost(1)], candidates: [2],
            ejected: [1]),
        Row(
            testDescription: "a single instance is kept", events: [.listed([1]), .linked(1), .faults(1, 50)],
            candidates: [1]),
        Row(
            testDescription: "half of two", events: two + [.faults(1, 5), .faults(2, 50)], candidates: [2],
            ejected: [1]),
        Row(
            testDescription: "half of three",
            events: [.listed([1, 2, 3]), .linked(1), .linked(2), .linked(3)]
                + [.faults(1, 5), .faults(2, 5)], candidates: [2, 3], ejected: [1]),
        Row(
            testDescription: "half of four", events: four + [.faults(1, 5), .faults(2, 5), .faults(3, 5)],
            candidates: [3, 4], ejected: [1, 2]),
        Row(
            testDescription: "for thirty seconds",
            events: two + [.faults(1, 5), .seconds(29), .ejectionTimer(1)], candidates: [2], ejected: [1]),
        Row(
            testDescription: "and no longer", events: two + [.faults(1, 5), .seconds(30), .ejectionTimer(1)],
            candidates: [1, 2]),
        Row(
            testDescription: "for sixty the second time",
            events: two + [.faults(1, 5), .seconds(30), .ejectionTimer(1)]
                + [.seconds(1), .faults(1, 5), .seconds(59), .ejectionTimer(1)], candidates: [2], ejected: [1]),
        Row(
            testDescription: "after a good while, as if it were the first time",
            events: two + [.faults(1, 5), .seconds(30), .ejectionTimer(1)]
                + [.seconds(31), .faults(1, 5), .seconds(30), .ejectionTimer(1)], candidates: [1, 2]),
        Row(
            testDescription: "the ejected one alone is better than nobody",
            events: two + [.faults(1, 5), .unlinked(2), .connectFails(2)], candidates: [1], ejected: [1]),
        Row(
            testDescription: "but one that was not tried yet is waited for",
            events: two + [.faults(1, 5), .unlinked(2)], candidates: [], ejected: [1], wantsLinks: true),
        Row(
            testDescription: "for one attempt",
            events: two + [.faults(1, 5), .unlinked(2), .connectFails(2), .rested(2)], candidates: [1], ejected: [1],
            wantsLinks: true),
        Row(
            testDescription: "what was away and is back starts afresh",
            events: two + [.faults(1, 5), .unlinked(1), .connectFails(1), .linked(1)], candidates: [1, 2]),
        Row(
            testDescription: "a new connection alone excuses nothing",
            events: two + [.faults(1, 5), .unlinked(1), .linked(1)], candidates: [2], ejected: [1]),
    ]

    private static let health = [
        Row(testDescription: "one is not ready", events: two + [.ready(1, false)], candidates: [2]),
        Row(
            testDescription: "one is ready again", events: two + [.ready(1, false), .ready(1, true)],
            candidates: [1, 2]),
        Row(
            testDescription: "nobody is ready: they know best what to answer",
            events: two + [.ready(1, false), .ready(2, false)], candidates: [1, 2]),
        Row(
            testDescription: "a ready one that is not linked is waited for",
            events: two + [.ready(1, false), .unlinked(2)], candidates: [], wantsLinks: true),
        Row(
            testDescription: "unless it cannot be reached",
            events: two + [.ready(1, false), .unlinked(2), .connectFails(2)], candidates: [1]),
        Row(
            testDescription: "an unready one that is not linked is not waited for",
            events: two + [.ready(1, false), .ready(2, false), .unlinked(2)], candidates: [1], wantsLinks: true),
        Row(
            testDescription: "an ejected one comes before none, a ready one before it",
            events: two + [.faults(1, 5), .ready(2, false)], candidates: [2], ejected: [1]),
        Row(
            testDescription: "word of recovery ends an ejection",
            events: two + [.faults(1, 5), .ready(1, false), .ready(1, true)], candidates: [1, 2]),
        Row(
            testDescription: "being ready all along does not",
            events: two + [.faults(1, 5), .ready(1, true)], candidates: [2], ejected: [1]),
    ]

    @Test(arguments: addresses + links + ejections + health)
    func events(_ row: Row) throws {
        var machine = UpstreamMachine()
        var now: UInt64 = 1_000_000_000_000
        var random = SeededGenerator(seed: 7)
        for event in row.events { apply(event, &machine, &now, &random) }
        let ports = { (slots: [Int]) in slots.compactMap { machine.slots[$0]?.address.port }.sorted() }
        #expect(ports(machine.candidates) == row.candidates)
        #expect(ports(machine.slots.indices.filter { machine.slots[$0]?.isEjected == true }) == row.ejected)
        #expect(machine.wantsLinks == row.wantsLinks)
        #expect(machine.calls.allSatisfy { $0 == 0 })
    }

    private static let known = (1...5000).compactMap { try? SocketAddress(ipAddress: "127.0.0.1", port: $0) }

    private func address(_ number: Int) -> SocketAddress { Self.known[number - 1] }

    private func apply(
        _ event: Event, _ machine: inout UpstreamMachine, _ now: inout UInt64, _ random: inout SeededGenerator
    ) {
        func slot(_ number: Int) -> Int { machine.slot(of: address(number)) ?? -1 }
        switch event {
        case .listed(let numbers): _ = machine.resolved(numbers.map(address))
        case .linked(let number):
            machine.connecting(slot(number))
            machine.connected(slot(number), now: now)
        case .unlinked(let number): machine.disconnected(slot(number))
        case .connectFails(let number): _ = machine.connectFailed(slot(number), using: &random)
        case .rested(let number): machine.rested(slot(number))
        case .faults(let number, let count):
            for _ in 0..<count {
                machine.started(slot(number))
                _ = machine.ended(slot(number), .fault, now: now)
            }
        case .goodAnswer(let number):
            machine.started(slot(number))
            _ = machine.ended(slot(number), .good, now: now)
        case .lost(let number): _ = machine.blame(slot(number), now: now)
        case .ready(let number, let isReady): machine.heard(slot(number), isReady: isReady, now: now)
        case .seconds(let count): now += UInt64(count) * 1_000_000_000
        case .ejectionTimer(let number): _ = machine.ejectionOver(slot(number), now: now)
        case .left(let number): machine.left(slot(number))
        }
    }

    private func linked(_ count: Int, _ settings: UpstreamMachine.Settings = .init()) -> UpstreamMachine {
        var machine = UpstreamMachine(settings)
        _ = machine.resolved((1...count).map(address))
        for slot in 0..<count { machine.connected(slot, now: 0) }
        return machine
    }

    @Test func ofTwoAtRandomTheOneWithFewerCalls() {
        var machine = linked(2)
        var random = SeededGenerator(seed: 1)
        machine.started(0)
        for _ in 0..<100 { #expect(machine.choose(using: &random) == 1) }
        var many = linked(10)
        for slot in 1..<10 { many.started(slot) }
        var chosen = 0
        for _ in 0..<10_000 where many.choose(using: &random) == 0 { chosen += 1 }
        // In a fifth of the draws the idle one is among the two.
        #expect((1700...2300).contains(chosen), "\(chosen)")
    }

    @Test func equalsAreChosenEquallyOften() {
        let machine = linked(5)
        var random = SeededGenerator(seed: 2)
        var counts = [0, 0, 0, 0, 0]
        for _ in 0..<10_000 { counts[machine.choose(using: &random) ?? 0] += 1 }
        for count in counts { #expect((1800...2200).contains(count), "\(counts)") }
    }

    @Test func theOneThatFailedIsAvoidedWhereThereIsAnother() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<100 {
            #expect(linked(2).choose(other: 0, using: &random) == 1)
            #expect(linked(3).choose(other: 1, using: &random) != 1)
            #expect(linked(1).choose(other: 0, using: &random) == 0)
        }
        #expect(UpstreamMachine().choose(using: &random) == nil)
    }

    @Test func pausesBetweenAttemptsGrowAndAreBounded() {
        var machine = linked(1)
        var random = SeededGenerator(seed: 4)
        var pauses: [Duration] = []
        for _ in 0..<30 { pauses.append(machine.connectFailed(0, using: &random)) }
        #expect(pauses[0] <= .milliseconds(25) && pauses[0] >= .milliseconds(12))
        #expect(pauses[1] <= .milliseconds(50) && pauses[1] >= .milliseconds(25))
        #expect(pauses.allSatisfy { $0 <= .milliseconds(500) } && pauses[29] >= .milliseconds(250))
    }

    /// How many of four are ejected that all fail.
    @Test(arguments: [(0, 0), (24, 0), (25, 1), (50, 2), (99, 3), (100, 4)])
    func soManyAreEjected(percent: Int, ejected: Int) {
        var settings = UpstreamMachine.Settings()
        (settings.ejectedPercentMax, settings.faultsInARowMax) = (percent, 2)
        var machine = linked(4, settings)
        for slot in 0..<4 { for _ in 0..<2 { _ = machine.blame(slot, now: 1) } }
        #expect(machine.slots.count { $0?.isEjected == true } == ejected)
        #expect(machine.candidates.count == (ejected == 4 ? 4 : 4 - ejected))
    }

    @Test func instancesAreBounded() {
        var machine = UpstreamMachine()
        _ = machine.resolved((1...1000).map(address))
        #expect(machine.slots.count == 64)
        // Those that were there may still have calls in flight.
        _ = machine.resolved((2001...3000).map(address))
        #expect(machine.slots.count == 128)
        _ = machine.resolved((4001...5000).map(address))
        #expect(machine.slots.count == 128)
    }
}
