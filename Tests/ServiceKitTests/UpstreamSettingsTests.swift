import Contract
import Primitives
import ServiceKit
import Testing
import Transport

@Suite("How services are called")
struct UpstreamSettingsTests {
    private func pool(_ variables: [String: Int]) async throws -> ClientPoolConfiguration {
        let named = Dictionary(uniqueKeysWithValues: variables.map { ("CAUSEWAY_UPSTREAM_\($0)", "\($1)") })
        let settings = Settings.of(named.merging(["CAUSEWAY_PROFILE": "development"]) { $1 })
        let upstream = UpstreamSettings(settings)
        try settings.requireSound()
        let loops = EventLoops(threads: 1)
        let address = HostPort(host: "127.0.0.1", port: 1)
        let pool = upstream.pool([address], of: .auth, loops: loops, observer: .silent)
        await loops.shutdown()
        return pool
    }

    @Test("is what pools do by themselves where nothing is set")
    func defaults() async throws {
        let (pool, standard) = (try await pool([:]), ClientPoolConfiguration(host: "127.0.0.1", port: 1))
        #expect("\(pool.balance)" == "\(standard.balance)" && pool.retryPercent == standard.retryPercent)
        #expect(pool.attemptsMax == standard.attemptsMax && pool.keyedAttemptsMax == standard.keyedAttemptsMax)
        #expect(pool.connectionsPerLoopMax == standard.connectionsPerLoopMax)
        #expect(pool.idleTimeout == standard.idleTimeout && pool.connectTimeout == standard.connectTimeout)
        #expect(pool.pingInterval == standard.pingInterval && pool.pingTimeout == standard.pingTimeout)
        #expect(pool.waitersPerLoopMax == standard.waitersPerLoopMax)
    }

    @Test("is what is set")
    func all() async throws {
        let pool = try await pool([
            "EJECTION_FAULTS": 2, "EJECTION_SECONDS": 3, "EJECTION_TIMES_MAX": 4, "EJECTION_PERCENT_MAX": 5,
            "INSTANCES_MAX": 6, "RETRY_PERCENT": 7, "ATTEMPTS_MAX": 8, "KEYED_ATTEMPTS_MAX": 9, "CONNECTIONS_MAX": 10,
            "IDLE_SECONDS": 11, "PING_SECONDS": 12, "PING_ANSWER_SECONDS": 13,
        ])
        #expect(pool.balance.faultsInARowMax == 2 && pool.balance.ejection == .seconds(3))
        #expect(pool.balance.ejectionFactorMax == 4 && pool.balance.ejectedPercentMax == 5)
        #expect(pool.balance.instancesMax == 6 && pool.retryPercent == 7)
        #expect(pool.attemptsMax == 8 && pool.keyedAttemptsMax == 9 && pool.connectionsPerLoopMax == 10)
        #expect(pool.idleTimeout == .seconds(11))
        #expect(pool.pingInterval == .seconds(12) && pool.pingTimeout == .seconds(13))
    }

    @Test("asks nothing where that is set")
    func silent() async throws {
        let pool = try await pool(["PING_SECONDS": 0, "HEALTH_SECONDS": 0])
        #expect(pool.pingInterval == nil && pool.healthInterval == nil)
    }

    @Test("is refused where the services would end connections first, or more is ejected than there is")
    func ranges() async {
        for (name, value) in [("IDLE_SECONDS", 120), ("EJECTION_PERCENT_MAX", 101), ("ATTEMPTS_MAX", 0)] {
            await #expect(throws: SettingsFault.self, "\(name)") { _ = try await pool([name: value]) }
        }
    }
}
