import HTTP
import Primitives
import TestKit
import Testing
import Transport

/// Instances that speak HTTP/1.1, behind the same balancer.
@Suite struct HTTP1UpstreamTests {
    @Test func callsShareFewConnections() async throws {
        try await TestUpstream.with(2, version: .http1, change: { $0.connectionsPerLoopMax = 4 }) { upstream in
            #expect(await upstream.load(callers: 16, calls: 800) == ["200": 800])
            #expect(upstream.instances.allSatisfy { $0.seen > 100 })
            #expect(upstream.record.value("upstreamConnected") <= 8)
        }
    }

    @Test func anInstanceMayLeaveAndComeBack() async throws {
        try await TestUpstream.with(2, version: .http1) { upstream in
            try await upstream.warmUp()
            await upstream.instances[0].stop(grace: .seconds(20))
            #expect(await upstream.load(callers: 4, calls: 200) == ["200": 200])
            let before = upstream.instances[0].seen
            try await upstream.instances[0].start()
            try await eventually {
                _ = await upstream.call()
                return upstream.instances[0].seen > before
            }
        }
    }

    @Test func whatTakesTooLongIsGivenUpAlone() async throws {
        try await TestUpstream.with(1, version: .http1) { upstream in
            // The deadline is for the answer, and not for connecting.
            try await upstream.warmUp()
            upstream.instances[0].act(.late(.seconds(30)))
            guard case .failure(let failure) = await upstream.call(deadline: .seconds(1)) else {
                Issue.record("it was answered")
                return
            }
            #expect(failure.code == .deadlineExceeded)
            upstream.instances[0].act(.answer)
            #expect(await upstream.call() == .success(200))
        }
    }

    @Test func idleConnectionsEnd() async throws {
        try await TestUpstream.with(1, version: .http1, change: { $0.idleTimeout = .milliseconds(100) }) { upstream in
            #expect(await upstream.call() == .success(200))
            try await eventually {
                let before = upstream.record.value("upstreamConnected")
                try await Task.sleep(for: .milliseconds(1200))
                #expect(await upstream.call() == .success(200))
                return upstream.record.value("upstreamConnected") > before
            }
        }
    }

    /// No connection is kept from one round to the next: each has to wait for its own.
    @Test func healthIsAskedForOnNewConnectionsToo() async throws {
        let change = { (configuration: inout ClientPoolConfiguration) in
            configuration.idleTimeout = .milliseconds(100)
            configuration.healthInterval = .milliseconds(1500)
        }
        try await TestUpstream.with(1, version: .http1, change: change) { upstream in
            let name = "127.0.0.1:\(upstream.instances[0].port)"
            upstream.instances[0].say(isReady: false)
            try await eventually { upstream.record.value("health(\"\(name)\", isReady: false)") == 1 }
            upstream.instances[0].say(isReady: true)
            try await eventually { upstream.record.value("health(\"\(name)\", isReady: true)") == 1 }
            #expect(upstream.record.value("upstreamConnected") > 1)
            #expect(upstream.instances[0].seen == 0)
        }
    }
}
