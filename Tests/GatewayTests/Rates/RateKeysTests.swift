import Contract
import Primitives
import RateLimiting
import Redis
import ServiceKit
import Telemetry
import TestKit
import Testing
import Transport

/// More who are counted than there is room for.
@Suite("Forgotten rate keys")
struct RateKeysTests {
    @Test("are counted: who is forgotten has a whole bucket again")
    func told() async throws {
        let telemetry = ProcessTelemetry(CollectedLog().output)
        let loops = EventLoops(threads: 1)
        let nobody = RedisConfiguration(address: .host("127.0.0.1", port: try FreePorts.take(1)[0]))
        let client = RedisClient(configuration: nobody, group: loops.eventLoopGroup)
        var settings = RateLimiter.Settings()
        settings.keysMax = 3
        let limiter = RateLimiter(client: client, keyPrefix: "", settings: settings)
        telemetry.watch(limiter, part: .gateway)
        func count() -> String {
            String(decoding: telemetry.registry.render(), as: UTF8.self).split(separator: "\n")
                .first { $0.hasPrefix("rate_limit_forgotten_total{part=\"gateway\"}") }?
                .split(separator: " ").last.map(String.init) ?? ""
        }
        let limit = try #require(GCRA(limit: 100, per: .seconds(36_000)))
        for key in ["a", "b", "c", "a", "b"] {
            #expect(await limiter.decide([RateDemand(key: "\(key)", limit: limit)], counting: .exact).isAllowed)
        }
        #expect(count() == "0")
        for key in ["d", "e"] { _ = await limiter.decide([RateDemand(key: "\(key)", limit: limit)], counting: .exact) }
        #expect(count() == "2")
        await client.close()
        await loops.shutdown()
    }
}
