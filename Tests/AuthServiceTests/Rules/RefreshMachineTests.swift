import AuthService
import Contract
import Primitives
import TestKit
import Testing

@Suite struct RefreshMachineTests {
    static let now = Timestamp(seconds: 1_800_000_000)
    static let client = ClientBinding(userAgent: "a", network: ClientNetwork(address: "192.0.2.1"))
    static let stranger = ClientBinding(userAgent: "b", network: ClientNetwork(address: "198.51.100.1"))

    static func standing(
        newest: Int, rotated secondsAgo: Int64 = 60, confirmed: Bool = false, spent: Bool = false,
        binding: ClientBinding = client, revoked: Bool = false, ended: Bool = false
    ) -> RefreshStanding {
        RefreshStanding(
            generation: newest, rotatedAt: now - .seconds(secondsAgo), isConfirmed: confirmed, isReplaySpent: spent,
            binding: binding, isRevoked: revoked, hasEnded: ended)
    }

    static func machine(presenting generation: Int, grace: Duration = .seconds(10)) -> RefreshMachine {
        RefreshMachine(
            token: RefreshToken(session: .make(), generation: generation), binding: client, grace: grace, now: now)
    }

    @Test func theNewestTokenRotates() {
        var machine = Self.machine(presenting: 7)
        #expect(machine.start() == .rotate(generation: 7))
        #expect(machine.rotated(true) == .issue(generation: 8))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let presented: Int
        let standing: RefreshStanding?
        let action: RefreshMachine.Action

        init(
            _ testDescription: String, _ presented: Int, _ standing: RefreshStanding?, _ action: RefreshMachine.Action
        ) {
            self.testDescription = testDescription
            self.presented = presented
            self.standing = standing
            self.action = action
        }
    }

    static let cases: [Case] = [
        Case("unknown session", 5, nil, .refuse(.invalid)),
        Case("revoked", 5, standing(newest: 5, revoked: true), .refuse(.revoked)),
        Case("revoked and replayed", 1, standing(newest: 5, revoked: true), .refuse(.revoked)),
        Case("out of time", 5, standing(newest: 5, ended: true), .refuse(.invalid)),
        Case("out of time and replayed", 1, standing(newest: 5, ended: true), .refuse(.invalid)),
        Case("previous, at once", 5, standing(newest: 6, rotated: 0), .issue(generation: 6)),
        Case("previous, at the end of the grace", 5, standing(newest: 6, rotated: 10), .issue(generation: 6)),
        Case(
            "previous in the grace, other client", 5, standing(newest: 6, rotated: 9, binding: stranger),
            .issue(generation: 6)),
        Case(
            "previous in the grace, confirmed", 5, standing(newest: 6, rotated: 9, confirmed: true),
            .issue(generation: 6)),
        Case(
            "previous in the grace, replay spent", 5, standing(newest: 6, rotated: 9, spent: true),
            .issue(generation: 6)),
        Case("previous, after the grace", 5, standing(newest: 6, rotated: 11), .spendReplay(generation: 6)),
        Case("previous, much later", 5, standing(newest: 6, rotated: 86_400), .spendReplay(generation: 6)),
        Case("previous later, confirmed", 5, standing(newest: 6, confirmed: true), .revoke),
        Case("previous later, second time", 5, standing(newest: 6, spent: true), .revoke),
        Case("previous later, other client", 5, standing(newest: 6, binding: stranger), .revoke),
        // Of two machines whose clocks differ a little, and of a clock that was set back by an hour or a day.
        Case("previous, rotated in a moment", 5, standing(newest: 6, rotated: -9), .issue(generation: 6)),
        Case("previous, rotated in an hour", 5, standing(newest: 6, rotated: -3600), .spendReplay(generation: 6)),
        Case(
            "previous, of tomorrow, confirmed", 5, standing(newest: 6, rotated: -86_400, confirmed: true), .revoke),
        Case("older, even at once", 5, standing(newest: 7, rotated: 0), .revoke),
        Case("the first of many", 1, standing(newest: 40, rotated: 0), .revoke),
        Case("newer than the newest", 6, standing(newest: 5), .revoke),
        Case("still the newest", 5, standing(newest: 5), .rotate(generation: 5)),
    ]

    @Test(arguments: cases) func whatDidNotRotateIsJudged(_ each: Case) {
        var machine = Self.machine(presenting: each.presented)
        #expect(machine.rotated(false) == .load)
        #expect(machine.loaded(each.standing) == each.action)
    }

    @Test func aSpentReplayGivesTheSameSuccessor() {
        var machine = Self.machine(presenting: 5)
        _ = machine.rotated(false)
        #expect(machine.loaded(Self.standing(newest: 6)) == .spendReplay(generation: 6))
        #expect(machine.spentReplay(true) == .issue(generation: 6))
    }

    @Test func aReplayThatSomeoneElseSpentIsJudgedAnew() {
        var machine = Self.machine(presenting: 5)
        _ = machine.rotated(false)
        _ = machine.loaded(Self.standing(newest: 6))
        #expect(machine.spentReplay(false) == .load)
        #expect(machine.loaded(Self.standing(newest: 6, spent: true)) == .revoke)
    }

    @Test func itGivesUpWhenTheSessionNeverStandsStill() {
        var machine = Self.machine(presenting: 5)
        var action = machine.start()
        var steps = 0
        while case .rotate = action {
            steps += 1
            #expect(machine.rotated(false) == .load)
            action = machine.loaded(Self.standing(newest: 5))
        }
        #expect(action == .refuse(.contended))
        #expect(steps == RefreshMachine.loadsMax)
    }

    /// Whatever the store answers, a machine comes to an end, and gives out no generation but the one after the
    /// presented.
    @Test func everyRunEndsAndIssuesTheSuccessorOnly() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let presented = Int.random(in: 1...4, using: &generator)
            var machine = Self.machine(presenting: presented)
            var action = machine.start()
            var steps = 0
            loop: while true {
                steps += 1
                #expect(steps < 20)
                switch action {
                case .rotate: action = machine.rotated(Int.random(in: 0..<4, using: &generator) == 0)
                case .spendReplay: action = machine.spentReplay(Bool.random(using: &generator))
                case .load:
                    action = machine.loaded(
                        Self.standing(
                            newest: Int.random(in: 1...5, using: &generator),
                            rotated: Int64.random(in: 0...20, using: &generator),
                            confirmed: Bool.random(using: &generator), spent: Bool.random(using: &generator)))
                case .issue(let generation):
                    #expect(generation == presented + 1)
                    break loop
                case .revoke, .refuse: break loop
                }
            }
        }
    }
}
