import ArgumentParser
import Contract
import Ledger
import Postgres
import ServiceKit

/// The services' databases as their data roles, for commands about events.
struct EventDatabases {
    typealias Place = (service: ServiceName, database: Database)

    private let all: [Place]

    /// Opens them for `body`.
    static func use(_ body: (EventDatabases) async throws -> Void) async throws {
        let settings = Settings.ofProcess()
        let process = ProcessSettings(settings)
        let servers = ServerSettings(settings)
        try settings.requireSound()
        let driver = PostgresDriver()
        let schemas: [(ServiceName, SuiteSchema)] = [(.auth, .auth), (.user, .user), (.content, .content)]
        let databases = EventDatabases(
            all: try schemas.map { service, schema in
                (service, Database(try schema.dataConfiguration(servers, process.keys), driver: driver))
            })
        do {
            try await body(databases)
        } catch {
            await databases.close()
            throw error
        }
        await databases.close()
    }

    /// Those that have an outbox.
    func outboxes() async throws -> [Place] {
        var found: [Place] = []
        for place in all where try await Outbox.exists(in: place.database) { found.append(place) }
        return found
    }

    /// Those that have an inbox: of all services, or of the one that is named.
    func inboxes(of consumer: String?) async throws -> [Place] {
        var found: [Place] = []
        for place in all where consumer == nil || consumer == place.service.rawValue {
            if try await Inbox.exists(in: place.database) { found.append(place) }
        }
        if let consumer, found.isEmpty { throw ValidationError("\(consumer) consumes no events.") }
        return found
    }

    private func close() async {
        for place in all { await place.database.close() }
    }
}
