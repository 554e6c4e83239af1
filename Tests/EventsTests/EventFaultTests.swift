import Contract
import Events
import Ledger
import NIOPosix
import Postgres
import Primitives
import Redis
import ServiceKit
import Synchronization
import TestKit
import Testing

/// What happens when something that events need goes away, or loses what it had.
@Suite struct EventFaultTests {
    /// Whenever Redis is emptied, every event takes effect once, and those of a string in order.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func redisMayBeEmptiedAtAnyMoment(seed: UInt64) async throws {
        try await EventWorld.with { world in
            var random = SeededGenerator(seed: seed)
            var written: [String: [Int]] = [:]
            try await world.carrying(world.hosts()) {
                for bead in 1...150 {
                    let string = ["red", "green", "blue"].randomElement(using: &random) ?? "red"
                    try await world.thread(string, bead)
                    written[string, default: []].append(bead)
                    switch Int.random(in: 0..<100, using: &random) {
                    case 0..<6: try await world.flush()
                    case 6..<20: try await Task.sleep(for: .milliseconds(Int.random(in: 1...30, using: &random)))
                    default: break
                    }
                }
                try await world.settled()
            }
            #expect(try await world.effects() == written, "seed \(seed)")
        }
    }

    /// The processes are stopped in the middle of whatever they do, again and again.
    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    func processesMayEndAtAnyMoment(seed: UInt64) async throws {
        try await EventWorld.with { world in
            var random = SeededGenerator(seed: seed)
            var written: [String: [Int]] = [:]
            var bead = 0
            for _ in 0..<12 {
                try await world.carrying(world.hosts()) {
                    for _ in 0..<10 {
                        bead += 1
                        let string = ["red", "green", "blue"].randomElement(using: &random) ?? "red"
                        try await world.thread(string, bead)
                        written[string, default: []].append(bead)
                        try await Task.sleep(for: .milliseconds(Int.random(in: 0...8, using: &random)))
                    }
                }
                if Bool.random(using: &random) { try await world.flush() }
            }
            try await world.carrying(world.hosts()) { try await world.settled() }
            #expect(try await world.effects() == written, "seed \(seed)")
        }
    }

    @Test func redisMayBeAwayAndComeBackEmpty() async throws {
        try await EventWorld.with { world in
            try await world.carrying(world.hosts()) {
                for bead in 1...5 { try await world.thread("red", bead) }
                try await world.settled()
                world.server.stop()
                for bead in 6...10 { try await world.thread("red", bead) }
                #expect(try await Outbox.counts(in: world.producer).first?.unsent == 5)
                try world.server.start()
                try await world.settled()
            }
            #expect(try await world.effects() == ["red": Array(1...10)])
        }
    }

    @Test func redisMayBeFull() async throws {
        try await EventWorld.with { world in
            try await world.carrying(world.hosts()) {
                try await world.thread("red", 1)
                try await world.settled()
                try await world.configure("maxmemory", "1")
                for bead in 2...6 { try await world.thread("red", bead) }
                // It is refused again and again, and nothing counts as sent.
                try await Task.sleep(for: .milliseconds(300))
                #expect(try await Outbox.counts(in: world.producer).first?.unsent == 5)
                try await world.configure("maxmemory", "0")
                try await world.settled()
            }
            #expect(try await world.effects() == ["red": Array(1...6)])
        }
    }

    /// A snapshot that cannot be written makes Redis refuse writes (MISCONF), as a full disk does.
    @Test func redisMayRefuseToWrite() async throws {
        try await EventWorld.with(extra: ["--enable-protected-configs", "yes"]) { world in
            try await world.carrying(world.hosts()) {
                try await world.thread("red", 1)
                try await world.settled()
                try await world.configure("dir", "/proc")
                try await world.configure("save", "3600 1")
                _ = try await world.redis.send(ServerCommand("BGSAVE"))
                try await eventually {
                    do throws(RedisFailure) {
                        _ = try await world.redis.send(SetValue("probe", to: "x"))
                        return false
                    } catch {
                        return error.kind == .server(code: "MISCONF")
                    }
                }
                for bead in 2...6 { try await world.thread("red", bead) }
                #expect(try await Outbox.counts(in: world.producer).first?.unsent == 5)
                try await world.configure("save", "")
                try await world.settled()
            }
            #expect(try await world.effects() == ["red": Array(1...6)])
        }
    }

    @Test func trimmedAndDeletedEntriesAreSentAgain() async throws {
        try await EventWorld.with { world in
            try await world.carrying([world.host(.auth, [])]) {
                for bead in 1...6 { try await world.thread("red", bead) }
                try await eventually {
                    try await Outbox.counts(in: world.producer).first?.unconfirmed == 6
                }
                _ = try await world.redis.send(ServerCommand("XTRIM", world.stream, "MAXLEN", "2"))
                // The relay sees that what nobody has acknowledged is gone.
                try await eventually { try await world.redis.send(StreamLength(world.stream)) == 8 }
                let host = try world.host(.user, [EventWorld.subscription])
                try await world.carrying([host]) { try await world.settled() }
            }
            #expect(try await world.effects().mapValues { $0.sorted() } == ["red": Array(1...6)])
        }
    }

    @Test func aFullStreamHoldsTheRestBack() async throws {
        try await EventWorld.with { world in
            var settings = OutboxRelay.Settings()
            settings.pollInterval = .milliseconds(20)
            settings.confirmInterval = .milliseconds(20)
            let full = Atomic(false)
            let relay = OutboxRelay(
                world.producer, log: RedisEventLog(world.redis, entriesMax: 100), topics: EventWorld.topics,
                settings: settings
            ) { if case .full = $0 { full.store(true, ordering: .relaxed) } }
            for bead in 1...700 { try await world.thread("red", bead) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await relay.run() }
                try await eventually { full.load(ordering: .relaxed) }
                #expect(try await world.redis.send(StreamLength(world.stream)) == 256)
                let host = try world.host(.user, [EventWorld.subscription])
                try await world.carrying([host]) { try await world.settled() }
                group.cancelAll()
            }
            #expect(try await world.effects() == ["red": Array(1...700)])
        }
    }

    /// The consumer dies between the effect's commit and the acknowledgement.
    @Test func anEffectThatWasNotAcknowledgedIsNotRepeated() async throws {
        try await EventWorld.with { world in
            let receiver = InboxReceiver(world.consumer, [EventWorld.subscription])
            let died = Atomic(false)
            let dying = EventConsumer(
                .user, topics: [BeadThreaded.name], redis: world.redis, loops: MultiThreadedEventLoopGroup.singleton,
                receiver: .init(
                    receive: { event, attempt in
                        _ = await receiver.receive(event, attempt: attempt)
                        died.store(true, ordering: .relaxed)
                        try? await Task.sleep(for: .seconds(3600))
                        return .unavailable("it is gone")
                    }, setAside: { _, _ in .dead("") }))
            try await world.carrying([world.host(.auth, [])]) {
                try await world.thread("red", 1)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await dying.run() }
                    try await eventually { died.load(ordering: .relaxed) }
                    group.cancelAll()
                }
                #expect(try await world.effects() == ["red": [1]])
                #expect(try await Outbox.counts(in: world.producer).first?.unconfirmed == 1)
                let host = try world.host(.user, [EventWorld.subscription])
                try await world.carrying([host]) { try await world.settled() }
            }
            #expect(try await world.effects() == ["red": [1]])
        }
    }
}
