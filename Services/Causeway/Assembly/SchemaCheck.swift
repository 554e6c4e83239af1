import Logging
import Postgres
import Primitives

/// Holds a service back until its schema is what its release needs.
struct SchemaCheck: Sendable {
    let database: Database
    let schema: SuiteSchema
    let logger: Logger

    /// How long to wait for a database that does not answer.
    private static let wait: Duration = .seconds(30)

    /// Waits while PostgreSQL is away.
    ///
    /// - Throws: at once where the schema is older than the program, and when PostgreSQL stays away.
    func waitUntilCurrent() async throws {
        let migrator = Migrator(database, schema.migrations)
        let deadline = Deadline.after(Self.wait)
        while true {
            do {
                return try await migrator.requireCurrent()
            } catch let failure {
                guard case .database(let cause) = failure, cause.mayPass, !deadline.hasPassed else {
                    throw StartFault("the schema \(schema.name): \(failure). `causeway migrate` brings it up to date.")
                }
                logger.info("waiting for PostgreSQL", metadata: ["schema": "\(schema.name)"])
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}

extension PostgresFailure {
    fileprivate var mayPass: Bool {
        switch kind {
        case .unavailable, .connectionLost, .timeout: true
        default: false
        }
    }
}

/// Why a process does not start, for the person who started it.
struct StartFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
