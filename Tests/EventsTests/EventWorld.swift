import Contract
import Events
import Ledger
import Logging
import NIOPosix
import Postgres
import Primitives
import Redis
import ServiceKit
import Telemetry
import TestKit

/// A producer and a consumer with their schemas, a Redis of a test's own, and what carries events between them.
struct EventWorld: Sendable {
    let producer: Database
    let consumer: Database
    let server: TestRedisServer
    let redis: RedisClient
    let registry = PrometheusRegistry(includesProcess: false)

    static let topics = [TopicDescription(BeadThreaded.self)]
    static let streams = EventStreams()

    private static let effects = """
        CREATE TABLE effects (place bigint GENERATED ALWAYS AS IDENTITY, string text NOT NULL, bead bigint NOT NULL);
        """

    static func with(extra: [String] = [], _ body: (EventWorld) async throws -> Void) async throws {
        let server = try TestRedisServer(extra: extra)
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE SCHEMA auth; CREATE SCHEMA users")
            try await test.open(schema: "auth") { producer in
                _ = try await Migrator(producer, [Migration(1, "outbox", Outbox.migrationSQL)]).migrate()
                try await test.open(schema: "users", { $0.leasedConnectionsMax = 8 }) { consumer in
                    let migration = Migration(1, "inbox", Inbox.migrationSQL + effects)
                    _ = try await Migrator(consumer, [migration]).migrate()
                    let redis = client(server)
                    try await body(EventWorld(producer: producer, consumer: consumer, server: server, redis: redis))
                    await redis.close()
                }
            }
        }
    }

    static func client(_ server: TestRedisServer) -> RedisClient {
        var configuration = RedisConfiguration(address: .host("127.0.0.1", port: server.port))
        configuration.commandTimeout = .seconds(5)
        configuration.stallTimeout = .seconds(10)
        return RedisClient(configuration: configuration, group: MultiThreadedEventLoopGroup.singleton)
    }

    // MARK: What happens

    @discardableResult
    func thread(_ string: String, _ bead: Int, at now: Timestamp = .now) async throws -> EventID {
        try await producer.transaction { transaction in
            try await Outbox.append(
                BeadThreaded.self, .init(string: string, bead: bead), in: transaction, at: now)
        }
    }

    private static let insert = Statement<Void, String, Int>(
        "test.effect", "INSERT INTO effects (string, bead) VALUES ($1, $2)")
    private static let select = Statement<(String, Int)>(
        "test.effects", "SELECT string, bead FROM effects ORDER BY place"
    ) { (string: String, bead: Int) in (string, bead) }

    /// The beads of each string, as they came.
    func effects() async throws -> [String: [Int]] {
        var strings: [String: [Int]] = [:]
        for (string, bead) in try await consumer.all(Self.select) { strings[string, default: []].append(bead) }
        return strings
    }

    static let subscription = Subscription(BeadThreaded.self) { payload, _, transaction in
        try await transaction.execute(insert, payload.string, payload.bead)
    }

    /// Every event is confirmed.
    func settled() async throws {
        try await eventually { try await Outbox.counts(in: producer).isEmpty }
    }

    // MARK: What carries

    /// The hosts of one process each of producer and consumer.
    func hosts(
        subscription: Subscription = subscription, _ adjust: (inout EventsSettings) -> Void = { _ in }
    ) throws -> [EventsHost] {
        try [host(.auth, []), host(.user, [subscription], adjust)]
    }

    func host(
        _ service: ServiceName, _ subscriptions: [Subscription], _ adjust: (inout EventsSettings) -> Void = { _ in }
    ) throws -> EventsHost {
        var settings = EventsSettings()
        adjust(&settings)
        return try EventsHost(
            service, subscriptions: subscriptions, topics: Self.topics,
            database: service == .auth ? producer : consumer, redis: redis,
            loops: MultiThreadedEventLoopGroup.singleton,
            settings: settings, telemetry: LogOutput(service: "test", level: .critical), registry: registry)
    }

    /// Runs `hosts` while `body` runs.
    func carrying(_ hosts: [EventsHost], _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for host in hosts { group.addTask { await host.run() } }
            do {
                try await body()
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }

    func flush() async throws { _ = try await redis.send(ServerCommand("FLUSHALL")) }

    func configure(_ name: String, _ value: String) async throws {
        _ = try await redis.send(ServerCommand("CONFIG", "SET", name, value))
    }

    var stream: String { Self.streams.stream(BeadThreaded.name) }
}

/// What only tests ask of a server.
struct ServerCommand: RedisCommand {
    static let isReadOnly = false
    private let name: StaticString
    private let words: [String]

    init(_ name: StaticString, _ words: String...) {
        self.name = name
        self.words = words
    }

    func encode() -> RedisArguments { RedisArguments(name, words) }

    func decode(_ reply: RedisReply) throws(RedisFailure) -> RedisReply { reply }
}
