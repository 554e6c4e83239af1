import Contract
import Ledger
import Postgres
import Protocol
import Redis
import ServiceKit
import Transport

extension Assembly {
    /// Carries the events of `service`: background work of its host.
    func events(
        of service: ServiceName, subscriptions: [Subscription], database: Database
    ) throws -> EventsHost {
        let redis = RedisClient(configuration: servers.redis, group: loops.eventLoopGroup)
        return try EventsHost(
            service, subscriptions: subscriptions, topics: Suite.topics, database: database, redis: redis,
            loops: loops.eventLoopGroup, settings: EventsSettings(settings), telemetry: telemetry.output,
            registry: telemetry.registry)
    }
}
