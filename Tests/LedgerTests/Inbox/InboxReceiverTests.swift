import Contract
import Ledger
import Postgres
import Primitives
import TestKit
import Testing

@Suite struct InboxReceiverTests {
    private struct Unexpected: Error {}

    private static func event(_ string: String = "red", version: Int = 1, payload: String? = nil) -> Event {
        let bytes = payload.map { Array($0.utf8) } ?? BeadThreaded.encode(.init(string: string, bead: 1))
        let facts = EventFacts(
            id: .make(), topic: BeadThreaded.name, version: version, sequence: 1, key: string, requestID: nil,
            createdAt: .now)
        return Event(facts: facts, payload: bytes)
    }

    private func receiver(
        _ ledgers: Ledgers, _ effect: @escaping @Sendable (Transaction) async throws -> Void
    ) -> InboxReceiver {
        let subscription = Subscription(BeadThreaded.self) { payload, _, transaction in
            try await transaction.execute(Ledgers.insert, payload.string, payload.bead)
            try await effect(transaction)
        }
        return InboxReceiver(ledgers.consumer, [subscription], attemptsMax: 3)
    }

    @Test func anEventTakesEffectOnceHoweverManyDeliverIt() async throws {
        try await Ledgers.with { ledgers, _ in
            let receiver = receiver(ledgers) { _ in }
            let event = Self.event()
            let outcomes = await withTaskGroup(of: EventOutcome.self) { group in
                for _ in 0..<4 { group.addTask { await receiver.receive(event, attempt: 1) } }
                return await group.reduce(into: [EventOutcome]()) { $0.append($1) }
            }
            #expect(outcomes.filter { $0 == .done }.count == 1)
            #expect(outcomes.filter { $0 == .duplicate }.count == 3)
            let effects = try await ledgers.effects()
            #expect(effects == ["red": [1]])
        }
    }

    @Test func aFailureLeavesNothingAndIsTriedUntilItsAttemptsAreUp() async throws {
        try await Ledgers.with { ledgers, _ in
            let receiver = receiver(ledgers) { _ in throw EventFailure.temporary("not now") }
            let event = Self.event()
            #expect(await receiver.receive(event, attempt: 1) == .retry("not now"))
            #expect(await receiver.receive(event, attempt: 2) == .retry("not now"))
            #expect(await receiver.receive(event, attempt: 3) == .dead("after 3 attempts: not now"))
            #expect(await receiver.receive(event, attempt: 1) == .duplicate)
            let effects = try await ledgers.effects()
            #expect(effects.isEmpty)
            let dead = try await Inbox.dead(in: ledgers.consumer)
            #expect(dead.map(\.id) == [event.facts.id])
            let counts = try await Inbox.deadCounts(in: ledgers.consumer)
            #expect(counts.map(\.count) == [1])
        }
    }

    @Test func anEffectThatTakesItsProcessDownIsPutAside() async throws {
        try await Ledgers.with { ledgers, _ in
            let receiver = receiver(ledgers) { _ in Issue.record("it was run") }
            #expect(
                await receiver.receive(Self.event(), attempt: 4) == .dead("it was delivered 4 times and never settled"))
        }
    }

    @Test func whatAnErrorSaysIsKeptOnlyWhereItHoldsNoValue() async throws {
        try await Ledgers.with { ledgers, _ in
            let foreign = receiver(ledgers) { _ in throw Unexpected() }
            #expect(await foreign.receive(Self.event(), attempt: 1) == .retry("it failed with Unexpected"))
            let permanent = receiver(ledgers) { _ in throw EventFailure.permanent("never") }
            #expect(await permanent.receive(Self.event(), attempt: 1) == .dead("never"))
            let divided = Statement<Int32>("test.divide", "SELECT 1 / 0")
            let refused = receiver(ledgers) { _ = try await $0.one(divided) }
            #expect(
                await refused.receive(Self.event(), attempt: 1)
                    == .retry("the database refused the statement: 22012 (test.divide)"))
        }
    }

    @Test func whatCannotBeReadIsPutAsideAtOnce() async throws {
        try await Ledgers.with { ledgers, _ in
            let receiver = receiver(ledgers) { _ in }
            #expect(
                await receiver.receive(Self.event(version: 2), attempt: 1) == .dead("the version 2 is not known"))
            #expect(
                await receiver.receive(Self.event(payload: "{}"), attempt: 1)
                    == .dead("the payload does not fit: /string required, /bead required"))
            #expect(
                await receiver.setAside(topic: "bead-threaded", EventFault("it is nothing")) == .dead("it is nothing"))
        }
    }

    /// However long PostgreSQL is away or full, no event is put aside because of it.
    @Test func anOutageIsNothingAgainstAnEvent() async throws {
        try await Ledgers.with { ledgers, test in
            let full = receiver(ledgers) { transaction in
                try await transaction.run(
                    script: "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$", name: "test")
            }
            guard case .unavailable = await full.receive(Self.event(), attempt: 3) else {
                Issue.record("a full disk counts")
                return
            }
            let closed = try await test.open(schema: "users") { $0 }
            let away = InboxReceiver(closed, [Ledgers.subscription], attemptsMax: 3)
            guard case .unavailable = await away.receive(Self.event(), attempt: 3) else {
                Issue.record("an absent database counts")
                return
            }
            #expect(try await Inbox.dead(in: ledgers.consumer).isEmpty)
        }
    }

    @Test func oldRowsAreForgotten() async throws {
        try await Ledgers.with { ledgers, _ in
            let receiver = receiver(ledgers) { _ in }
            let event = Self.event()
            #expect(await receiver.receive(event, attempt: 1) == .done)
            try await Inbox.prune(keeping: .seconds(3600), in: ledgers.consumer)
            #expect(await receiver.receive(event, attempt: 1) == .duplicate)
            try await Inbox.prune(keeping: .zero, in: ledgers.consumer)
            #expect(await receiver.receive(event, attempt: 1) == .done)
        }
    }
}
