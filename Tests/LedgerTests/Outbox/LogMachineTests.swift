import Contract
import Testing

@testable import Ledger

@Suite struct LogMachineTests {
    private static func state(_ generation: String, _ last: Int) -> EventLogState {
        EventLogState(generation: generation, last: at(last))
    }

    private static func at(_ major: Int) -> EventPosition { EventPosition(major: major, minor: 0) }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let known: EventLogState?
        let found: EventLogState?
        var oldest: Int?
        var unconfirmed: Int?
        let finding: LogMachine.Finding
        let after: EventLogState?

        var testDescription: String { name }
    }

    static let table: [Case] = [
        Case(name: "nothing, found nothing", known: nil, found: nil, finding: .intact, after: nil),
        Case(
            name: "nothing, found a log: adopt", known: nil, found: state("g", 5), finding: .intact,
            after: state("g", 5)),
        Case(name: "as known", known: state("g", 5), found: state("g", 5), finding: .intact, after: state("g", 5)),
        Case(
            name: "longer: a relay that did not write it down", known: state("g", 5), found: state("g", 7),
            finding: .intact, after: state("g", 7)),
        Case(name: "gone", known: state("g", 5), found: nil, finding: .lost(.missing), after: nil),
        Case(
            name: "another, even a longer one", known: state("g", 5), found: state("h", 9), finding: .lost(.replaced),
            after: nil),
        Case(
            name: "shorter", known: state("g", 5), found: state("g", 4), finding: .lost(.shortened), after: nil),
        Case(
            name: "the first unconfirmed one is there", known: state("g", 5), found: state("g", 5), oldest: 3,
            unconfirmed: 3, finding: .intact, after: state("g", 5)),
        Case(
            name: "the first unconfirmed one is gone", known: state("g", 5), found: state("g", 5), oldest: 4,
            unconfirmed: 3, finding: .lost(.trimmed), after: nil),
        Case(
            name: "all are gone", known: state("g", 5), found: state("g", 5), unconfirmed: 3,
            finding: .lost(.trimmed), after: nil),
        Case(
            name: "an unknown log need not hold what is unconfirmed", known: nil, found: state("g", 5), oldest: 4,
            unconfirmed: 3, finding: .intact, after: state("g", 5)),
    ]

    @Test(arguments: table)
    func whatIsFoundDecides(_ entry: Case) {
        var machine = LogMachine(known: entry.known)
        let finding = machine.found(
            entry.found, oldest: entry.oldest.map(Self.at), unconfirmed: entry.unconfirmed.map(Self.at))
        #expect(finding == entry.finding)
        #expect(machine.known == entry.after)
    }

    @Test func anAppendIsKnown() {
        var machine = LogMachine(known: nil)
        machine.appended(Self.state("g", 3))
        #expect(machine.known == Self.state("g", 3))
    }

    @Test func positionsAreOrderedAndStepBack() {
        let positions = [
            EventPosition.zero, EventPosition(major: 0, minor: 1), EventPosition(major: 1, minor: 0), .max,
        ]
        #expect(positions == positions.sorted())
        #expect(EventPosition(major: 1, minor: 0).predecessor == EventPosition(major: 0, minor: .max))
        #expect(EventPosition(major: 1, minor: 4).predecessor == EventPosition(major: 1, minor: 3))
        #expect(EventPosition.zero.predecessor == .zero)
    }
}
