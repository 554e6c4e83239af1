import Contract
import Events
import Ledger
import NIOCore
import Postgres
import Primitives
import Redis
import ServiceKit
import Synchronization

/// Something that happens while it is measured.
enum StoneTurned: Topic {
    struct Payload: Sendable {
        let stone: Identifier<StoneTurned>
        let text: String
    }
    static let producer = ServiceName.auth
    static let consumers = [ServiceName.user]
    static let payload = Shape(Payload.init, .body("stone", \.stone), .body("text", \.text))
    static func key(_ payload: Payload) -> String { payload.stone.description }
    static let summary = "A stone lies on its other side."
}

/// A producer's and a consumer's schema of their own, and a Redis.
struct BenchGround: Sendable {
    private static let schemas = ["bench_producer", "bench_consumer"]
    private static let text = String(repeating: "x", count: 200)
    private static let insert = Statement<Void, Identifier<StoneTurned>, String>(
        "bench.insert", "INSERT INTO stones (id, text) VALUES ($1, $2)")

    private let admin: Database
    private let producer: Database
    private let consumer: Database
    private let redis: RedisClient
    private let loops: any EventLoopGroup

    static func prepare(_ loops: any EventLoopGroup) async throws -> BenchGround {
        let settings = Settings.ofProcess()
        let servers = ServerSettings(settings)
        let superuser = settings(Setting("postgres.superuser", default: "postgres", "The superuser."))
        let password = settings(Setting("postgres.superuser-password", default: Secret(""), "Its password."))
        try settings.requireSound()
        let driver = PostgresDriver()
        func open(_ schema: String?) -> Database {
            var configuration = servers.postgres(
                user: superuser, password: password.exposedValue.isEmpty ? nil : password, schema: schema)
            configuration.leasedConnectionsMax = 20
            return Database(configuration, driver: driver)
        }
        let ground = BenchGround(
            admin: open(nil), producer: open(schemas[0]), consumer: open(schemas[1]),
            redis: RedisClient(configuration: servers.redis, group: loops), loops: loops)
        try await ground.dropSchemas()
        try await ground.makeTables()
        return ground
    }

    private func makeTables() async throws {
        for schema in Self.schemas { try await admin.run(script: "CREATE SCHEMA \(schema)", name: "bench") }
        let stones = "CREATE TABLE stones (id uuid PRIMARY KEY, text text NOT NULL);"
        try await producer.run(script: stones + Outbox.migrationSQL, name: "bench")
        try await consumer.run(script: stones + Inbox.migrationSQL, name: "bench")
    }

    private func dropSchemas() async throws {
        for schema in Self.schemas {
            try await admin.run(script: "DROP SCHEMA IF EXISTS \(schema) CASCADE", name: "bench")
        }
    }

    func tearDown() async throws {
        try await dropSchemas()
        for database in [admin, producer, consumer] { await database.close() }
        await redis.close()
    }

    func emptyOutbox() async throws {
        try await producer.run(script: "TRUNCATE outbox", name: "bench")
    }

    func write(event: Bool) async throws {
        let stone = Identifier<StoneTurned>.make()
        try await producer.transaction { transaction in
            try await transaction.execute(Self.insert, stone, Self.text)
            guard event else { return }
            try await Outbox.append(
                StoneTurned.self, .init(stone: stone, text: Self.text), in: transaction, at: .now)
        }
    }

    func appendBacklog(_ count: Int) async throws {
        try await producer.transaction { transaction in
            for _ in 0..<count {
                try await Outbox.append(
                    StoneTurned.self, .init(stone: .make(), text: Self.text), in: transaction, at: .now)
            }
        }
    }

    /// Carries events while `work` runs and until `count` effects have come; gives how late each was.
    func lags(of count: Int, while work: @Sendable () async throws -> Void) async throws -> [Duration] {
        let lags = Mutex<[Duration]>([])
        let (done, finished) = AsyncStream.makeStream(of: Void.self)
        let subscription = Subscription(StoneTurned.self) { payload, _, transaction in
            try await transaction.execute(Self.insert, payload.stone, payload.text)
        }
        let receiver = InboxReceiver(consumer, [subscription])
        let topics = [TopicDescription(StoneTurned.self)]
        let relay = OutboxRelay(producer, log: RedisEventLog(redis), topics: topics)
        let reader = EventConsumer(
            .user, topics: [StoneTurned.name], redis: redis, loops: loops,
            receiver: .init(
                receive: { event, attempt in
                    let outcome = await receiver.receive(event, attempt: attempt)
                    guard outcome == .done else { return outcome }
                    let settled = lags.withLock {
                        $0.append(.now - event.facts.createdAt)
                        return $0.count
                    }
                    if settled == count { finished.finish() }
                    return outcome
                },
                setAside: { await receiver.setAside(topic: $0, $1) }))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await relay.run() }
            group.addTask { await reader.run() }
            try await work()
            for await _ in done {}
            group.cancelAll()
        }
        return lags.withLock { $0 }
    }
}
