import Foundation
import HTTP
import NIOCore
import Primitives
import Synchronization
import TestKit
import Testing
import Transport

/// Calls to an upstream of several instances, some of which fail.
@Suite struct UpstreamTests {
    private func failure(_ result: Result<Int, ClientFailure>) -> ClientFailure? {
        if case .failure(let failure) = result { failure } else { nil }
    }

    @Test func callsGoToAll() async throws {
        try await TestUpstream.with(3, threads: 2) { upstream in
            #expect(await upstream.load(callers: 12, calls: 600) == ["200": 600])
            for instance in upstream.instances { #expect(instance.seen > 100, "\(instance.seen)") }
        }
    }

    @Test func aSlowInstanceGetsLess() async throws {
        try await TestUpstream.with(2) { upstream in
            upstream.instances[0].act(.late(.milliseconds(400)))
            #expect(await upstream.load(callers: 16, calls: 400) == ["200": 400])
            let (slow, fast) = (upstream.instances[0].seen, upstream.instances[1].seen)
            #expect(slow > 0 && slow * 3 < fast, "\(slow) \(fast)")
        }
    }

    @Test func oneThatIsKilledUnderLoadFailsNoCallThatMayBeRepeated() async throws {
        try await TestUpstream.with(2, threads: 2) { upstream in
            for instance in upstream.instances { instance.act(.late(.milliseconds(2))) }
            try await upstream.warmUp()
            let counts = try await upstream.load(callers: 16) {
                for instance in upstream.instances {
                    let before = instance.seen
                    try await eventually { instance.seen > before + 200 }
                    await instance.stop()
                    try await instance.start()
                    // It is found again, without a call that failed.
                    let after = instance.seen
                    try await eventually { instance.seen > after + 100 }
                }
            }
            #expect(Set(counts.keys) == ["200"], "\(counts)")
            let retried = upstream.record.value("retried(reason: \"connection-lost\")")
            #expect(retried > 0)
        }
    }

    @Test func oneThatDrainsLosesNothingAtAll() async throws {
        try await TestUpstream.with(2, threads: 2) { upstream in
            for instance in upstream.instances { instance.act(.late(.milliseconds(5))) }
            try await upstream.warmUp()
            let counts = try await upstream.load(callers: 16, repetition: .never) {
                for instance in upstream.instances {
                    let before = instance.seen
                    try await eventually { instance.seen > before + 200 }
                    await instance.stop(grace: .seconds(20))
                    try await instance.start()
                    let after = instance.seen
                    try await eventually { instance.seen > after + 50 }
                }
            }
            #expect(Set(counts.keys) == ["200"], "\(counts)")
            // The first of two notices sends new calls elsewhere, so that the second refuses none.
            for reason in ["connection-lost", "go-away", "refused"] {
                #expect(upstream.record.value("retried(reason: \"\(reason)\")") == 0)
            }
        }
    }

    @Test func refusedStreamsGoElsewhereWhateverTheyDo() async throws {
        try await TestUpstream.with(2) { upstream in
            try await upstream.warmUp()
            upstream.instances[0].act(.reset(.refusedStream))
            #expect(await upstream.load(callers: 1, calls: 100, repetition: .never) == ["200": 100])
            #expect(upstream.record.value("retried(reason: \"refused\")") == 5)
            #expect(upstream.record.value("ejected(\"127.0.0.1:\(upstream.instances[0].port)\")") == 1)
        }
    }

    @Test func whatHasBegunIsNotSentTwice() async throws {
        try await TestUpstream.with(2) { upstream in
            try await upstream.warmUp()
            let before = upstream.instances.map(\.seen)
            for instance in upstream.instances { instance.act(.reset(.internalError)) }
            let counts = await upstream.load(callers: 4, calls: 100, repetition: .never)
            #expect(counts == ["\(ClientFailure.Code.reset(.internalError))": 100])
            let seen = zip(upstream.instances, before).reduce(0) { $0 + $1.0.seen - $1.1 }
            #expect(seen == 100)
        }
    }

    @Test(arguments: [ClientCall.Repetition.keyed, .safe])
    func aKeyedCallWaitsForItsFirstAttemptToEnd(_ repetition: ClientCall.Repetition) async throws {
        try await TestUpstream.with(1) { upstream in
            // Longer than any test takes where nobody waits for it.
            upstream.instances[0].act(.stillAtIt(repetition == .keyed ? .milliseconds(100) : .seconds(60)))
            let status = try await upstream.call(repetition: repetition).get()
            #expect(status == (repetition == .keyed ? 200 : 409))
            // A 409 to the first attempt is an answer like any other.
            upstream.instances[0].act(.status(409))
            let before = upstream.instances[0].seen
            #expect(try await upstream.call(repetition: .keyed).get() == 409)
            #expect(upstream.instances[0].seen == before + 1)
        }
    }

    @Test func repetitionsStayWithinTheBudget() async throws {
        try await TestUpstream.with(2) { upstream in
            try await upstream.warmUp()
            let before = upstream.instances.reduce(0) { $0 + $1.seen }
            for instance in upstream.instances { instance.act(.reset(.internalError)) }
            let counts = await upstream.load(callers: 8, calls: 1000)
            #expect(counts == ["\(ClientFailure.Code.reset(.internalError))": 1000])
            let attempts = upstream.instances.reduce(0) { $0 + $1.seen } - before
            // What went before was saved up as well.
            let most = 1200 + before / 5 + RetryBudget.retriesFree + 1
            #expect(attempts > 1150 && attempts <= most, "\(attempts)")
            #expect(upstream.record.notes("limited").contains("upstream-retry-budget"))
        }
    }

    @Test(arguments: [TestInstance.Act.reset(.internalError), .status(503)])
    func faultsEjectAndTimeBringsBack(_ act: TestInstance.Act) async throws {
        try await TestUpstream.with(2, change: { $0.balance.ejection = .seconds(8) }) { upstream in
            let bad = upstream.instances[0]
            try await upstream.warmUp()
            bad.act(act)
            try await eventually {
                _ = await upstream.call()
                return upstream.record.value("ejected(\"127.0.0.1:\(bad.port)\")") >= 1
            }
            bad.act(.answer)
            let before = bad.seen
            #expect(await upstream.load(callers: 2, calls: 50) == ["200": 50])
            #expect(bad.seen == before)
            try await eventually { upstream.record.value("returned(\"127.0.0.1:\(bad.port)\")") >= 1 }
            try await eventually {
                _ = await upstream.call()
                return bad.seen > before
            }
        }
    }

    @Test func theHealthOfAnInstanceDecides() async throws {
        try await TestUpstream.with(2, threads: 2, change: { $0.healthInterval = .milliseconds(50) }) { upstream in
            let (first, second) = (upstream.instances[0], upstream.instances[1])
            try await upstream.warmUp()
            let name = "127.0.0.1:\(first.port)"
            first.say(isReady: false)
            try await eventually { upstream.record.value("health(\"\(name)\", isReady: false)") >= 1 }
            // The other loops hear of it a moment later.
            try await eventually {
                let before = first.seen
                #expect(await upstream.load(callers: 4, calls: 40) == ["200": 40])
                return first.seen == before
            }
            // Nobody is ready: then everybody is asked, and answers for himself.
            second.say(isReady: false)
            try await upstream.warmUp()
            try await eventually {
                let before = first.seen
                #expect(await upstream.load(callers: 4, calls: 40) == ["200": 40])
                return first.seen > before
            }
            let told = upstream.record.value("health(\"\(name)\", isReady: true)")
            first.say(isReady: true)
            try await eventually { upstream.record.value("health(\"\(name)\", isReady: true)") > told }
        }
    }

    @Test func callsThatMayWaitDoSoAndNoOthers() async throws {
        try await TestUpstream.with(1, threads: 2, change: { $0.waitersPerLoopMax = 10 }) { upstream in
            let instance = upstream.instances[0]
            #expect(await upstream.load(callers: 2, calls: 10) == ["200": 10])
            await instance.stop()
            let start = ContinuousClock.now
            #expect(await upstream.load(callers: 2, calls: 10) == ["connectFailed": 10])
            // Long before their deadline.
            #expect(ContinuousClock.now - start < .seconds(15))
            // Nothing comes within its patience.
            let impatient = failure(await upstream.call(patience: .milliseconds(200)))
            #expect(impatient == ClientFailure(.connectFailed, provablyDidNoWork: true))
            let late = failure(await upstream.call(patience: .seconds(20), deadline: .milliseconds(200)))
            #expect(late?.code == .connectFailed || late?.code == .deadlineExceeded)
            let waited = "waited(reason: \"instance\")"
            let before = upstream.record.value(waited)
            async let waiting = upstream.load(callers: 10, calls: 10, patience: .seconds(30))
            try await eventually { upstream.record.value(waited) >= before + 10 }
            try await instance.start()
            #expect(await waiting == ["200": 10])
        }
    }

    @Test func thoseWhoWaitAreBounded() async throws {
        try await TestUpstream.with(1, change: { $0.waitersPerLoopMax = 4 }) { upstream in
            await upstream.instances[0].stop()
            let counts = await upstream.load(callers: 20, calls: 20, patience: .seconds(5))
            #expect(counts == ["poolExhausted": 16, "connectFailed": 4])
        }
    }

    @Test func namesAreLookedUpAgain() async throws {
        let known = Mutex<[Int]>([])
        try await TestUpstream.with(
            2,
            change: { configuration in
                configuration.places = [.init(host: "content.test", port: 1)]
                configuration.resolveInterval = .milliseconds(50)
                configuration.lookUp = { _, _ in
                    known.withLock { $0 }.compactMap { try? SocketAddress(ipAddress: "127.0.0.1", port: $0) }
                }
            }
        ) { upstream in
            let (first, second) = (upstream.instances[0], upstream.instances[1])
            #expect(failure(await upstream.call())?.code == .connectFailed)
            async let waiting = upstream.call(patience: .seconds(30))
            known.withLock { $0 = [first.port] }
            #expect(try await waiting.get() == 200 && first.seen == 1)
            known.withLock { $0 = [first.port, second.port] }
            try await upstream.warmUp()
            // The first is taken off the list: what it is doing is finished, and nothing new comes.
            first.act(.late(.milliseconds(500)))
            second.act(.late(.milliseconds(100)))
            let before = first.seen
            async let slow = upstream.load(callers: 8, calls: 8, repetition: .never)
            try await eventually { first.seen > before }
            known.withLock { $0 = [second.port] }
            #expect(await slow == ["200": 8])
            try await eventually {
                let before = first.seen
                #expect(await upstream.load(callers: 4, calls: 20) == ["200": 20])
                return first.seen == before
            }
            // A name that nobody knows keeps the addresses that it had.
            known.withLock { $0 = [] }
            try await Task.sleep(for: .milliseconds(200))
            #expect(await upstream.load(callers: 4, calls: 20) == ["200": 20])
        }
    }

    @Test func addressesBeyondTheBoundAreLeftOutAndTold() async throws {
        let change = { (configuration: inout ClientPoolConfiguration) in configuration.balance.instancesMax = 1 }
        try await TestUpstream.with(2, change: change) { upstream in
            #expect(await upstream.load(callers: 4, calls: 40) == ["200": 40])
            #expect(upstream.instances.map(\.seen) == [40, 0])
            #expect(upstream.record.notes("limited") == ["upstream-addresses"])
        }
        try await TestUpstream.with(2, change: { $0.balance.instancesMax = 2 }) { upstream in
            try await upstream.warmUp()
            #expect(upstream.record.notes("limited").isEmpty)
        }
    }

    @Test func aHostOfBothFamiliesIsOneInstance() async throws {
        let addresses = ClientPoolConfiguration(host: "localhost", port: 80).lookUp("localhost", 80)
        #expect(addresses == [try SocketAddress(ipAddress: "127.0.0.1", port: 80)])
        #expect(ClientPoolConfiguration(host: "", port: 80).lookUp("no such host", 80).isEmpty)
    }

    /// The upstream must not close a connection that was idle just when a call is sent on it.
    @Test func idleConnectionsEndFirstOnThisSide() {
        #expect(ClientPoolConfiguration(host: "", port: 0).idleTimeout * 1.5 < HTTPLimits.internalHop.idleHTTP2)
    }
}
