import Contract
import Postgres
import Primitives
import TestKit
import Testing

@testable import Ledger

/// Whatever happens in whatever order, every committed event takes effect once, and no other one.
@Suite struct RelayScheduleTests {
    private struct Refused: Error {}

    private enum Step: CaseIterable {
        case write, write2, rollBack, relay, relay2, confirm, dieAfterAppend, dieBeforeAppend, overlap
        case consume, consume2, dieBeforeAcknowledging, duplicate, startAnew
        case empty, cut, trim

        /// Where two relays send at a time, or somebody takes the oldest entries away, a later event may overtake one
        /// that has to be sent again.
        var keepsOrder: Bool { self != .overlap && self != .trim }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func everyEventOnceInOrder(seed: UInt64) async throws {
        let steps = Step.allCases.filter(\.keepsOrder)
        try await Ledgers.with { ledgers, _ in
            let written = try await play(steps, seed, ledgers)
            #expect(try await ledgers.effects() == written, "seed \(seed)")
        }
    }

    @Test(arguments: 101...112 as ClosedRange<UInt64>)
    func everyEventOnce(seed: UInt64) async throws {
        try await Ledgers.with { ledgers, _ in
            let written = try await play(Step.allCases, seed, ledgers)
            #expect(try await ledgers.effects().mapValues { $0.sorted() } == written, "seed \(seed)")
        }
    }

    private func play(_ steps: [Step], _ seed: UInt64, _ ledgers: Ledgers) async throws -> [String: [Int]] {
        var world = World(ledgers, seed: seed)
        for _ in 0..<80 { try await world.take(steps.randomElement(using: &world.random) ?? .write) }
        try await world.settle()
        return world.written
    }

    private struct World {
        let ledgers: Ledgers
        let log = MemoryLog()
        let receiver: InboxReceiver
        let topic = BeadThreaded.name
        var random: SeededGenerator
        var pass: RelayPass
        var other: RelayPass
        var written: [String: [Int]] = [:]
        var lastBead = 0
        var mustStartAnew = true

        init(_ ledgers: Ledgers, seed: UInt64) {
            self.ledgers = ledgers
            random = SeededGenerator(seed: seed)
            receiver = InboxReceiver(ledgers.consumer, [Ledgers.subscription])
            pass = RelayPass(ledgers.relay(log))
            other = RelayPass(ledgers.relay(log))
        }

        mutating func take(_ step: Step) async throws {
            switch step {
            case .write, .write2: try await write()
            case .rollBack: try await rollBack()
            case .relay, .relay2: await pass.run()
            case .confirm:
                pass.confirmAt = .now
                await pass.run()
            case .dieAfterAppend: await die(.unheard)
            case .dieBeforeAppend: await die(.refused)
            // A relay that lost its lead and does not know it yet.
            case .overlap: await other.run()
            case .consume, .consume2: await consume(acknowledging: true)
            case .dieBeforeAcknowledging: await consume(acknowledging: false)
            case .duplicate: await deliverAgain()
            case .startAnew: mustStartAnew = true
            case .empty: lose { $0.empty() }
            case .cut: lose { [count = Int.random(in: 1...5, using: &random)] in $0.cut(last: count) }
            case .trim: lose { [count = Int.random(in: 1...5, using: &random)] in $0.trim(first: count) }
            }
        }

        private mutating func write() async throws {
            let string = ["red", "green", "blue"].randomElement(using: &random) ?? "red"
            lastBead += 1
            try await ledgers.thread(string, lastBead)
            written[string, default: []].append(lastBead)
        }

        private mutating func rollBack() async throws {
            lastBead += 1
            let bead = lastBead
            await #expect(throws: Refused.self) {
                try await ledgers.producer.transaction { transaction in
                    try await Outbox.append(
                        BeadThreaded.self, .init(string: "red", bead: bead), in: transaction, at: .now)
                    throw Refused()
                }
            }
        }

        private mutating func die(_ fault: MemoryLog.Fault) async {
            log.change(topic) { $0.failNext(fault) }
            await pass.run()
            log.change(topic) { $0.failNext(nil) }
            pass = RelayPass(ledgers.relay(log))
        }

        private mutating func consume(acknowledging: Bool) async {
            let count = Int.random(in: 1...6, using: &random)
            let entries = log.change(topic) { [mustStartAnew] in $0.read(count, anew: mustStartAnew) }
            mustStartAnew = !acknowledging
            for entry in entries {
                let outcome = await receiver.receive(entry.event, attempt: 1)
                #expect(outcome == .done || outcome == .duplicate)
                if acknowledging { log.change(topic) { $0.acknowledge(entry) } }
            }
        }

        private mutating func deliverAgain() async {
            // Only what the consumer has had: what comes for the first time comes in order.
            let entries = log.change(topic) { $0.all }
            guard let entry = entries.randomElement(using: &random) else { return }
            let known = (try? await ledgers.effects()[entry.event.facts.key]) ?? []
            guard let bead = try? BeadThreaded.decode(entry.event.payload).bead, known.contains(bead) else { return }
            #expect(await receiver.receive(entry.event, attempt: 1) == .duplicate)
        }

        private func lose(_ body: @Sendable (inout MemoryLog.Entries) -> Void) {
            log.change(topic) { body(&$0) }
        }

        /// Nothing goes wrong any more.
        mutating func settle() async throws {
            try await eventually(patience: .seconds(20)) {
                pass.confirmAt = .now
                await pass.run()
                await consume(acknowledging: true)
                return try await ledgers.isSettled
            }
        }
    }
}
