import ServiceKit
import Testing

@testable import Gateway

/// Limits of the edge that are settings, beside those that have tests of their own.
@Suite("The edge's settings")
struct EdgeSettingsTests {
    private func read(_ variables: [String: Int]) -> (configuration: GatewayConfiguration, fault: String) {
        let named = Dictionary(uniqueKeysWithValues: variables.map { ("CAUSEWAY_GATEWAY_\($0)", "\($1)") })
        let settings = Settings.of(named.merging(["CAUSEWAY_PROFILE": "development"]) { $1 })
        let configuration = GatewayConfiguration(settings)
        do throws(SettingsFault) {
            try settings.requireSound()
            return (configuration, "")
        } catch {
            return (configuration, error.description)
        }
    }

    @Test("say what is remembered of credentials")
    func identity() {
        let (configuration, fault) = read([
            "TOKENS_REMEMBERED_MAX": 11, "API_KEYS_REMEMBERED_MAX": 12, "REFUSALS_REMEMBERED_MAX": 13,
            "CREDENTIAL_MEMORY_SECONDS": 14,
        ])
        let memory = configuration.identityMemory
        #expect(fault == "" && memory.tokensMax == 11 && memory.apiKeysMax == 12 && memory.refusalsMax == 13)
        #expect(memory.time == .seconds(14))
        // A longer memory would be a later end of what is only found out by looking.
        #expect(read(["CREDENTIAL_MEMORY_SECONDS": 61]).fault.contains("CREDENTIAL_MEMORY_SECONDS"))
    }

    @Test("say when requests are refused")
    func strain() {
        let (configuration, fault) = read([
            "REQUESTS_MAX": 100, "REQUESTS_STRAINED_PERCENT": 10, "REQUESTS_SHED_PERCENT": 20,
            "REQUESTS_SHED_NORMAL_PERCENT": 30, "STRAIN_MILLISECONDS": 40, "STRAIN_INTERVAL_MILLISECONDS": 150,
        ])
        let strain = configuration.strain
        #expect(fault == "" && strain.requestsMax == 100 && strain.delayMax == .milliseconds(40))
        #expect(strain.interval == .milliseconds(150) && strain.strainedPercent == 10)
        #expect(strain.shedsSheddablePercent == 20 && strain.shedsNormalPercent == 30)
        #expect(read(["REQUESTS_STRAINED_PERCENT": 71]).fault.contains("readiness turns first"))
        #expect(read(["REQUESTS_SHED_NORMAL_PERCENT": 69]).fault.contains("readiness turns first"))
    }

    @Test("say what the cache keeps, and who waits for it")
    func cache() {
        let (configuration, fault) = read([
            "CACHE_ANSWER_BYTES_MAX": 2048, "CACHE_WAITERS_MAX": 5, "CACHE_REFRESHES_MAX": 6,
        ])
        #expect(fault == "" && configuration.cache.answerBytesMax == 2048)
        #expect(configuration.cache.waitersMax == 5 && configuration.cache.refreshesMax == 6)
    }

    @Test("say how connections to routes are kept")
    func routes() {
        let (configuration, fault) = read(["ROUTE_CONNECTIONS_MAX": 7, "ROUTE_IDLE_SECONDS": 8])
        #expect(fault == "" && configuration.routeLimits.connectionsPerLoopMax == 7)
        #expect(configuration.routeLimits.idle == .seconds(8))
    }

    @Test("are what they were where nothing is set")
    func defaults() {
        let (configuration, fault) = read([:])
        let standard = GatewayConfiguration(publicURL: "", auth: [], user: [], content: [])
        #expect(fault == "" && "\(configuration.identityMemory)" == "\(standard.identityMemory)")
        #expect("\(configuration.strain)" == "\(standard.strain)")
        #expect("\(configuration.cache)" == "\(standard.cache)")
        #expect("\(configuration.routeLimits)" == "\(standard.routeLimits)")
    }
}
