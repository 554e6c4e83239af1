package import Contract
internal import CoreMetrics
internal import Logging
package import Postgres
package import Primitives
package import Redis
internal import Telemetry

extension ProcessTelemetry {
    /// Shows a database's counters: `postgres_…{schema}`.
    package func watch(_ database: Database, schema: String) {
        let label = [("schema", schema)]
        // Weak, so that a database that nobody uses any more is closed.
        func read(_ number: @escaping @Sendable (PostgresStatistics) -> Double) -> @Sendable () -> Double {
            { [weak database] in database.map { number($0.statistics) } ?? 0 }
        }
        func count(_ name: String, _ help: String, _ number: @escaping @Sendable (PostgresStatistics) -> Double) {
            registry.describe("postgres_\(name)", help)
            registry.readCounter("postgres_\(name)", label, read(number))
        }
        func gauge(_ name: String, _ help: String, _ number: @escaping @Sendable (PostgresStatistics) -> Double) {
            registry.describe("postgres_\(name)", help)
            registry.readGauge("postgres_\(name)", label, read(number))
        }
        count("statements_total", "Statements sent on shared connections") { Double($0.statements) }
        count("leases_total", "Transactions that got a connection of their own") { Double($0.leases) }
        count("waits_total", "Statements and transactions that waited for a connection") { Double($0.waits) }
        count("wait_seconds_total", "How long they waited") { Double($0.waitedMicroseconds) / 1e6 }
        count("refusals_total", "Statements and transactions that got no connection") { Double($0.refusals) }
        count("connects_total", "Connections made") { Double($0.connects) }
        count("connect_failures_total", "Attempts to connect that failed") { Double($0.connectFailures) }
        count("connections_lost_total", "Connections that were lost") { Double($0.connectionsLost) }
        gauge("statements_in_flight", "Statements sent and not answered") { Double($0.statementsInFlight) }
        gauge("statements_waiting", "Statements that wait for a connection") { Double($0.statementsWaiting) }
        gauge("connections_up", "Shared connections that work") { Double($0.sharedConnectionsUp) }
        gauge("leases_in_use", "Connections in transactions") { Double($0.leasesInUse) }
        gauge("leases_waiting", "Transactions that wait for a connection") { Double($0.leasesWaiting) }
    }

    /// The configuration with its connections counted and their faults logged: `redis_connection_events_total{event}`.
    package func watching(_ redis: RedisConfiguration) -> RedisConfiguration {
        registry.describe("redis_connection_events_total", "What connections to Redis did")
        let counters = ["connected", "connect-failed", "lost"].map {
            registry.makeCounter(label: "redis_connection_events_total", dimensions: [("event", $0)])
        }
        let log = SampledLog(logger, linesPerSecondMax: 1)
        var watched = redis
        watched.observe = { observation in
            switch observation {
            case .connected: counters[0].increment(by: 1)
            case .connectFailed(let reason):
                counters[1].increment(by: 1)
                log.notice(
                    "cannot connect to Redis", reason: "connect-failed", level: .warning,
                    metadata: ["detail": "\(reason)"])
            case .connectionLost(let reason):
                counters[2].increment(by: 1)
                log.notice(
                    "lost a connection to Redis", reason: "connection-lost", level: .warning,
                    metadata: ["detail": "\(reason)"])
            }
        }
        return watched
    }

    /// Shows how often a cache of `part` had what was looked for: `cache_lookups_total{cache,outcome,part}`.
    package func watch(_ counters: CacheCounters, cache: StaticString, part: ServiceName) {
        registry.describe("cache_lookups_total", "Lookups in caches by what came of them")
        let labels = [("cache", cache.description), ("part", part.rawValue)]
        registry.readCounter("cache_lookups_total", labels + [("outcome", "hit")]) { Double(counters.hits) }
        registry.readCounter("cache_lookups_total", labels + [("outcome", "miss")]) { Double(counters.misses) }
    }

    /// Shows whether rate limits are counted in Redis, and whether there was room for all who are counted:
    /// `rate_limit_fallbacks_total{part}`, `rate_limit_alone{part}`, `rate_limit_forgotten_total{part}`.
    package func watch(_ limiter: RateLimiter, part: ServiceName) {
        let label = [("part", part.rawValue)]
        registry.describe("rate_limit_fallbacks_total", "Calls that were counted without Redis")
        registry.describe("rate_limit_alone", "1 while Redis is left alone since it did not answer")
        registry.readCounter("rate_limit_fallbacks_total", label) { Double(limiter.fallbackCount) }
        registry.readGauge("rate_limit_alone", label) { limiter.isOnFallback ? 1 : 0 }
        // A counter alone: while more ask than there is room for, it grows with every one of them.
        registry.describe("rate_limit_forgotten_total", "Callers who were forgotten for others while they counted")
        registry.readCounter("rate_limit_forgotten_total", label) { Double(limiter.forgottenCount) }
    }

    /// A list of revocations that tells where it had to forget some: `limits_reached_total{limit="revocations"}`.
    package func revocationList(
        clock: Clock = .monotonic, entriesMax: Int = RevocationList.entriesMax
    ) -> RevocationList {
        let (registry, notices) = (registry, SampledLog(logger))
        registry.describe("limits_reached_total", "Times that a limit acted")
        return RevocationList(clock: clock, entriesMax: entriesMax) { count in
            registry.makeCounter(label: "limits_reached_total", dimensions: [("limit", "revocations")])
                .increment(by: 1)
            // Tokens that were revoked are good again.
            notices.notice(
                "limit reached", reason: "revocations", level: .warning,
                metadata: ["forgotten": .stringConvertible(count)])
        }
    }

    /// Shows how long revocations may have been missed: `revocations_silence_seconds{part}`, -1 before the first word.
    package func watch(_ feed: RevocationFeed, part: ServiceName) {
        registry.describe(
            "revocations_silence_seconds", "How long revocations may have been missed; -1 before any came")
        registry.readGauge("revocations_silence_seconds", [("part", part.rawValue)]) {
            feed.silence.map { Double($0.wholeMilliseconds) / 1000 } ?? -1
        }
    }
}
