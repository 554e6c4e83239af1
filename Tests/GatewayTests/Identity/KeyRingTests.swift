import Contract
import Cryptography
import JSON
import Logging
import Primitives
import Protocol
import ServiceKit
import Synchronization
import TestKit
import Testing

@testable import Gateway

/// Auth as a test has it: publishes keys, or is away.
final class ScriptedAuth: EndpointCaller {
    private struct State {
        var keys: [P256PublicKey]
        var isAway = false
        var calls = 0
    }

    private let state: Mutex<State>

    init(_ keys: [P256PublicKey]) { state = Mutex(State(keys: keys)) }

    var calls: Int { state.withLock { $0.calls } }
    func publish(_ keys: [P256PublicKey]) { state.withLock { $0.keys = keys } }
    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    func call<E: Endpoint>(
        _ endpoint: E.Type, _ input: E.Input, for facts: CallFacts?
    ) async throws(CallFault) -> E.Output {
        let keys = state.withLock { state -> [P256PublicKey]? in
            state.calls += 1
            return state.isAway ? nil : state.keys
        }
        await Task.yield()
        guard let keys else { throw .unavailable(didNoWork: true, reason: "away") }
        let views = keys.map { key in
            PublicKeyView(x: Base64URL.encode(key.x), y: Base64URL.encode(key.y), kid: key.keyID)
        }
        guard let output = KeySetView(keys: views) as? E.Output else { throw .malformed(reason: "not asked for") }
        return output
    }
}

@Suite("The key ring")
struct KeyRingTests {
    private let first = P256PrivateKey.generate()
    private let second = P256PrivateKey.generate()
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func with(
        _ auth: ScriptedAuth, _ change: (inout KeyRing.Pace) -> Void = { _ in },
        _ body: (KeyRing) async throws -> Void
    ) async throws {
        var pace = KeyRing.Pace()
        pace.retry = .milliseconds(5)
        change(&pace)
        let ring = KeyRing(auth: auth, pace: pace, logger: Self.quiet)
        let running = Task { await ring.run() }
        defer { running.cancel() }
        try await body(ring)
    }

    @Test("fetches at the start, as often as it takes")
    func start() async throws {
        let auth = ScriptedAuth([first.publicKey])
        auth.setAway(true)
        try await with(auth) { ring in
            try await eventually { auth.calls > 3 }
            #expect(!ring.isReady)
            auth.setAway(false)
            try await eventually { ring.isReady }
            #expect(ring.current.keys == [first.publicKey])
        }
    }

    @Test("shares one fetch among all that ask, and pauses after it")
    func coalesced() async throws {
        let auth = ScriptedAuth([first.publicKey])
        try await with(auth, { $0.unknownKey = .milliseconds(500) }) { ring in
            try await eventually { ring.isReady }
            auth.publish([first.publicKey, second.publicKey])
            let before = auth.calls
            let start = ContinuousClock.now
            try await eventually {
                await withTaskGroup { group in
                    for _ in 0..<50 { group.addTask { await ring.refetch() } }
                }
                return ring.current.keys.count == 2
            }
            let pauses = Int((ContinuousClock.now - start) / .milliseconds(500)) + 1
            #expect(auth.calls - before <= pauses)
        }
    }

    @Test("keeps what it knows while auth is away or answers nonsense")
    func keeps() async throws {
        let auth = ScriptedAuth([first.publicKey])
        try await with(auth, { $0.unknownKey = .zero }) { ring in
            try await eventually { ring.isReady }
            auth.setAway(true)
            await ring.refetch()
            #expect(ring.current.keys == [first.publicKey])
            auth.setAway(false)
            auth.publish([])
            await ring.refetch()
            #expect(ring.current.keys == [first.publicKey])
            auth.publish([second.publicKey])
            // The first may share a fetch that began before.
            try await eventually {
                await ring.refetch()
                return ring.current.keys == [second.publicKey]
            }
        }
    }

    @Test("lets so many wait and no more, which is told", arguments: [(0, 1), (1, 0)])
    func crowded(waitersMax: Int, told: Int) async throws {
        var pace = KeyRing.Pace()
        pace.unknownKey = .zero
        let count = Atomic<Int>(0)
        let ring = KeyRing(
            auth: ScriptedAuth([first.publicKey]), pace: pace, waitersMax: waitersMax, logger: Self.quiet
        ) { count.add(1, ordering: .relaxed) }
        // Before it runs nobody would wait anyway.
        await ring.refetch()
        let running = Task { await ring.run() }
        defer { running.cancel() }
        try await eventually { ring.isReady }
        await ring.refetch()
        #expect(count.load(ordering: .relaxed) == told)
    }

    @Test("lets nobody wait when it does not run")
    func stopped() async throws {
        let ring = KeyRing(auth: ScriptedAuth([]), logger: Self.quiet)
        await ring.refetch()
        #expect(!ring.isReady)
    }
}
