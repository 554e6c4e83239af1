import Contract
import Ledger
import Postgres
import Primitives
import TestKit

/// Something that happens in tests.
enum BeadThreaded: Topic {
    struct Payload: Sendable, Hashable {
        let string: String
        let bead: Int
    }
    static let producer = ServiceName.auth
    static let consumers = [ServiceName.user]
    static let payload = Shape(Payload.init, .body("string", \.string), .body("bead", \.bead))
    static func key(_ payload: Payload) -> String { payload.string }
    static let summary = "A bead is on its string."
}

/// A producer's and a consumer's schema, and the consumer's effect: each bead that came, in order.
struct Ledgers: Sendable {
    let producer: Database
    let consumer: Database

    static let topics = [TopicDescription(BeadThreaded.self)]

    private static let effects = """
        CREATE TABLE effects (place bigint GENERATED ALWAYS AS IDENTITY, string text NOT NULL, bead bigint NOT NULL);
        """

    static func with(_ body: (Ledgers, TestDatabase) async throws -> Void) async throws {
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE SCHEMA auth; CREATE SCHEMA users")
            try await test.open(schema: "auth") { producer in
                _ = try await Migrator(producer, [Migration(1, "outbox", Outbox.migrationSQL)]).migrate()
                try await test.open(schema: "users") { consumer in
                    let migration = Migration(1, "inbox", Inbox.migrationSQL + effects)
                    _ = try await Migrator(consumer, [migration]).migrate()
                    try await body(Ledgers(producer: producer, consumer: consumer), test)
                }
            }
        }
    }

    @discardableResult
    func thread(_ string: String, _ bead: Int, at now: Timestamp = .now) async throws -> EventID {
        try await producer.transaction { transaction in
            try await Outbox.append(
                BeadThreaded.self, .init(string: string, bead: bead), in: transaction, at: now)
        }
    }

    static let insert = Statement<Void, String, Int>(
        "test.effect", "INSERT INTO effects (string, bead) VALUES ($1, $2)")
    private static let select = Statement<(String, Int)>(
        "test.effects", "SELECT string, bead FROM effects ORDER BY place"
    ) { (string: String, bead: Int) in (string, bead) }

    static let subscription = Subscription(BeadThreaded.self) { payload, _, transaction in
        try await transaction.execute(insert, payload.string, payload.bead)
    }

    /// The beads of each string, as they came.
    func effects() async throws -> [String: [Int]] {
        var strings: [String: [Int]] = [:]
        for (string, bead) in try await consumer.all(Self.select) { strings[string, default: []].append(bead) }
        return strings
    }

    func relay(
        _ log: any EventLog, observe: @escaping @Sendable (RelayObservation) -> Void = { _ in }
    ) -> OutboxRelay {
        var settings = OutboxRelay.Settings()
        settings.confirmInterval = .milliseconds(50)
        settings.pollInterval = .milliseconds(50)
        return OutboxRelay(producer, log: log, topics: Self.topics, settings: settings, observe: observe)
    }

    var isSettled: Bool {
        get async throws { try await Outbox.counts(in: producer).isEmpty }
    }
}
