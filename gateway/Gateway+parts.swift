internal import Contract
internal import Logging
internal import Primitives
internal import Protocol
internal import Redis
internal import ServiceKit
internal import Telemetry
internal import Transport

/// What a gateway is made of while it runs.
struct GatewayParts: Sendable {
    let pipeline: Pipeline
    /// What goes on beside the requests, each until it is cancelled.
    let work: [@Sendable () async -> Void]
    fileprivate let client: RedisClient
    fileprivate let pools: [ClientPool]

    func close() async {
        for pool in pools { await pool.close(deadline: .after(.seconds(1))) }
        await client.close()
    }
}

extension Gateway {
    func parts() async -> GatewayParts {
        let client = RedisClient(configuration: redis, group: loops.eventLoopGroup)
        let stamps = CacheCounters()
        let upstreams = await upstreams(stamps)
        let extra = await staticUpstreams()
        let auth = PeerClient(from: .gateway, to: .auth, key: keys.auth, pool: upstreams.auth.pool)
        let router = Router(
            endpoints: endpoints, documents: documents(), upstreams: extra, silence: configuration.routeLimits.silence)
        let observer = telemetry.observer(operations: router.operations, part: .gateway)
        let keyRing = KeyRing(auth: auth, logger: telemetry.logger) {
            observer.observe(LimitObservation(limit: "key-waiters"))
        }
        let revocations = telemetry.revocationList()
        let feed = RevocationFeed(
            list: revocations, auth: auth, redis: redis, group: loops.eventLoopGroup, logger: telemetry.logger)
        let purges = PurgeFeed(Suite.topics, redis: redis, loops: loops.eventLoopGroup, logger: telemetry.logger)
        let tokens = TokenVerifier(
            issuer: configuration.publicURL, audience: configuration.audience, keys: keyRing, revocations: revocations,
            memory: configuration.identityMemory)
        let apiKeys = APIKeyVerifier(auth: auth, revocations: revocations, memory: configuration.identityMemory)
        let limiter = RateLimiter(client: client, keyPrefix: "causeway:limit:", settings: limiterSettings)
        let passing = PassingHeaders(endpoints: endpoints)
        let strain = strain()
        let pipeline = Pipeline(
            router: router, tokens: tokens, apiKeys: apiKeys,
            browsers: Browsers(configuration, proofs: keys.proofs, exposing: passing.readable),
            coder: AnswerCoder(configuration) { strain.isStrained }, limits: rateGate(limiter), strain: strain,
            upstreams: upstreams,
            cache: cache(purges), tunnels: TunnelGate(configuration.routeLimits),
            passing: passing, readiness: readiness(keyRing, strain), proxies: TrustedProxies(configuration.door),
            asksClients: configuration.door.clientCertificates != .off,
            observer: observer, revocationSilence: { feed.silence }, clock: .system)

        telemetry.watch(tokens.lookups, cache: "token", part: .gateway)
        telemetry.watch(apiKeys.lookups, cache: "api-key", part: .gateway)
        telemetry.watch(stamps, cache: "caller-context", part: .gateway)
        telemetry.watch(limiter, part: .gateway)
        telemetry.watch(feed, part: .gateway)
        telemetry.watch(strain)
        showCertificates()
        return GatewayParts(
            pipeline: pipeline, work: work(keyRing, feed, purges, pipeline), client: client,
            pools: [upstreams.auth, upstreams.user, upstreams.content].map(\.pool) + extra.map(\.pool))
    }

    private func work(
        _ keyRing: KeyRing, _ feed: RevocationFeed, _ purges: PurgeFeed, _ pipeline: Pipeline
    ) -> [@Sendable () async -> Void] {
        var work: [@Sendable () async -> Void] = [{ await keyRing.run() }, { await feed.run() }]
        if let cache = pipeline.cache {
            work += [{ await purges.run(cache) }, { [loops] in await pipeline.refreshStale(on: loops) }]
        }
        return work
    }

    private func readiness(_ keyRing: KeyRing, _ strain: Strain) -> Readiness {
        Readiness([
            ReadinessCheck("keys") { keyRing.isReady ? nil : "auth's keys were not fetched yet" },
            ReadinessCheck("load") { strain.isStrained ? "there is more to do than can be done" : nil },
        ])
    }

    private func rateGate(_ limiter: RateLimiter) -> RateGate {
        RateGate(
            classes: RateClasses(configuration.rateQuotas, multiplier: configuration.limitMultiplier),
            tiers: RateTiers(
                configuration.rateTiers, configuration.rateQuotas, multiplier: configuration.limitMultiplier),
            limiter: limiter, loads: AddressLoads(requestsMax: configuration.requestsPerAddressMax))
    }

    private func strain() -> Strain {
        let logger = telemetry.logger
        return Strain(configuration.strain) { level in
            logger.log(
                level: level > .strained ? .warning : .notice, "strain", metadata: ["level": "\(level)"])
        }
    }

    private func upstreams(_ stamps: CacheCounters) async -> Upstreams {
        Upstreams(
            auth: await upstream(.auth, at: configuration.auth, key: keys.auth, stamps),
            user: await upstream(.user, at: configuration.user, key: keys.user, stamps),
            content: await upstream(.content, at: configuration.content, key: keys.content, stamps),
            patience: configuration.upstream.patience)
    }

    private func upstream(
        _ service: ServiceName, at addresses: [HostPort], key: Secret<[UInt8]>, _ stamps: CacheCounters
    ) async -> Upstream {
        let pool = configuration.upstream.pool(
            addresses, of: service, loops: loops,
            observer: telemetry.transportObserver("upstream-\(service.rawValue)"))
        let signer = CallerContextSigner(issuer: .gateway, audience: service, key: key)
        return Upstream(
            pool: await ClientPool(pool, on: loops),
            load: UpstreamLoad(requestsMax: configuration.requestsPerUpstreamMax),
            stamps: ContextStamps(signer: signer, clock: .system, lookups: stamps))
    }

    /// Nil where nothing is to be kept.
    private func cache(_ purges: PurgeFeed) -> EdgeCache? {
        guard configuration.cacheBytesMax > 0 else { return nil }
        let cache = EdgeCache(bytesMax: configuration.cacheBytesMax, settings: configuration.cache) {
            purges.lastContact
        }
        cache.show(in: telemetry.registry)
        return cache
    }

    private func documents() -> [Document] {
        OwnDocuments.all(
            publicURL: configuration.publicURL,
            securityContact: configuration.securityContact.isEmpty ? nil : configuration.securityContact, now: .now)
    }
}
