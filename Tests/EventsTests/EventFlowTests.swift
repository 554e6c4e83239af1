import Contract
import Events
import Ledger
import Postgres
import Primitives
import Redis
import ServiceKit
import Synchronization
import Telemetry
import TestKit
import Testing

@Suite struct EventFlowTests {
    private struct Refused: Error {}

    @Test func aCommitTakesEffectOnceAndARollbackNever() async throws {
        try await EventWorld.with { world in
            try await world.carrying(world.hosts()) {
                await #expect(throws: Refused.self) {
                    try await world.producer.transaction { transaction in
                        try await Outbox.append(
                            BeadThreaded.self, .init(string: "red", bead: 0), in: transaction, at: .now)
                        throw Refused()
                    }
                }
                for bead in 1...20 { try await world.thread(bead.isMultiple(of: 2) ? "red" : "blue", bead) }
                try await world.settled()
            }
            let even = (1...20).filter { $0.isMultiple(of: 2) }
            #expect(try await world.effects() == ["red": even, "blue": even.map { $0 - 1 }])
            let metrics = String(decoding: world.registry.render(), as: UTF8.self)
            #expect(metrics.contains(#"event_lag_seconds_count{consumer="user",topic="bead-threaded"} 20"#))
            #expect(metrics.contains(#"events_sent_total{topic="bead-threaded"} 20"#))
        }
    }

    @Test func orderAndIdentityDoNotFollowTheClock() async throws {
        try await EventWorld.with { world in
            try await world.carrying(world.hosts()) {
                let clock = ManualClock()
                for bead in 1...10 {
                    try await world.thread("red", bead, at: clock.clock.now)
                    clock.advance(by: .seconds(-3600))
                }
                try await world.settled()
            }
            #expect(try await world.effects() == ["red": Array(1...10)])
        }
    }

    /// The second process waits for the lead and takes it when the first one ends.
    @Test func anotherProcessTakesOver() async throws {
        try await EventWorld.with { world in
            let first = try world.hosts()
            let second = try world.hosts()
            try await world.carrying(second) {
                try await world.carrying(first) {
                    for bead in 1...10 { try await world.thread("red", bead) }
                    try await world.settled()
                }
                for bead in 11...20 { try await world.thread("red", bead) }
                try await world.settled()
            }
            #expect(try await world.effects() == ["red": Array(1...20)])
        }
    }

    @Test func aPoisonedEventIsPutAsideWhileOthersFlow() async throws {
        try await EventWorld.with { world in
            let attempts = Atomic<Int>(0)
            let subscription = Subscription(BeadThreaded.self) { payload, _, transaction in
                if payload.string == "poison" {
                    attempts.add(1, ordering: .relaxed)
                    throw EventFailure.temporary("it never works")
                }
                if payload.string == "hopeless" { throw EventFailure.permanent("it makes no sense") }
                try await transaction.execute(Self.insert, payload.string, payload.bead)
            }
            try await world.carrying(world.hosts(subscription: subscription) { $0.attemptsMax = 3 }) {
                try await world.thread("poison", 1)
                try await world.thread("hopeless", 2)
                for bead in 3...8 { try await world.thread("red", bead) }
                try await world.settled()
            }
            #expect(try await world.effects() == ["red": Array(3...8)])
            #expect(attempts.load(ordering: .relaxed) == 3)
            let dead = try await Inbox.dead(in: world.consumer).sorted { $0.key < $1.key }
            #expect(dead.map(\.key) == ["hopeless", "poison"])
            #expect(dead.map(\.reason) == ["it makes no sense", "after 3 attempts: it never works"])
            let letters = try await world.redis.send(
                StreamEntries(EventWorld.streams.deadLetters(BeadThreaded.name), countMax: 10))
            #expect(Set(letters.compactMap { $0.text("key") }) == ["poison", "hopeless"])
            #expect(letters.first?.text("consumer") == "user")
        }
    }

    /// A consumer that is restarted again and again reads what is pending each time, and Redis counts that.
    @Test func whatWasReadOftenAndNeverTriedIsNotPutAside() async throws {
        try await EventWorld.with { world in
            try await world.thread("red", 1)
            try await world.carrying([world.host(.auth, [])]) {
                try await eventually { try await world.redis.send(StreamLength(world.stream)) == 1 }
            }
            _ = try await world.redis.send(CreateConsumerGroup(world.stream, group: "user", after: .zero))
            for kind in [ReadGroup.Kind.new] + Array(repeating: .pending(after: .zero), count: 20) {
                let read = ReadGroup([world.stream], group: "user", consumer: "user", kind, countMax: 10)
                #expect(try await world.redis.send(read).first?.entries.count == 1)
            }
            try await world.carrying(world.hosts { $0.attemptsMax = 3 }) { try await world.settled() }
            #expect(try await world.effects() == ["red": [1]])
            #expect(try await Inbox.dead(in: world.consumer).isEmpty)
        }
    }

    private static let insert = Statement<Void, String, Int>(
        "test.flow-effect", "INSERT INTO effects (string, bead) VALUES ($1, $2)")

    @Test func whatCannotBeReadIsPutAside() async throws {
        try await EventWorld.with { world in
            // Of a release that is not there yet, of another shape, and no event at all.
            try await world.producer.run(
                script: """
                    INSERT INTO outbox (id, topic, version, key, payload, created_at) VALUES
                        ('0190f0f0-0000-7000-8000-000000000001', 'bead-threaded', 9, 'a', '{}', now()),
                        ('0190f0f0-0000-7000-8000-000000000002', 'bead-threaded', 1, 'b', '{"string": 7}', now());
                    """, name: "test")
            try await world.carrying(world.hosts()) {
                try await world.settled()
                _ = try await world.redis.send(
                    AppendToStream(world.stream, [RedisField("what", "ever")], entriesMax: nil))
                try await world.thread("red", 1)
                try await eventually { try await Inbox.dead(in: world.consumer).count == 3 }
                try await world.settled()
            }
            let reasons = try await Inbox.dead(in: world.consumer).map(\.reason)
            #expect(reasons.contains("the version 9 is not known"))
            #expect(reasons.contains("the payload does not fit: /string type, /bead required"))
            #expect(reasons.contains("the entry has no id"))
            #expect(try await world.effects() == ["red": [1]])
        }
    }

    @Test func aReplayChangesNothingUnlessTheConsumerForgets() async throws {
        try await EventWorld.with { world in
            try await world.carrying(world.hosts()) {
                let id = try await world.thread("red", 1)
                try await world.settled()
                let row = try #require(try await Outbox.row(id, in: world.producer))
                #expect(row.stage == .confirmed && row.key == "red")
                #expect(try await Outbox.resend([row.sequence], in: world.producer) == 1)
                try await world.settled()
                #expect(try await world.effects() == ["red": [1]])

                #expect(try await Inbox.forget([id], in: world.consumer) == 1)
                let page = try await Outbox.page(
                    after: 0, topic: BeadThreaded.name, since: row.createdAt, in: world.producer)
                #expect(try await Outbox.resend(page.map(\.sequence), in: world.producer) == 1)
                try await world.settled()
                #expect(try await world.effects() == ["red": [1, 1]])
            }
        }
    }

    @Test func aTopicWithoutItsSubscriptionDoesNotStart() async throws {
        try await EventWorld.with { world in
            #expect(throws: EventsHost.WiringFault.self) { try world.host(.user, []) }
            #expect(throws: EventsHost.WiringFault.self) {
                try world.host(.auth, [EventWorld.subscription])
            }
        }
    }
}
