internal import Foundation
package import Postgres
package import Primitives
internal import Synchronization

/// Databases for tests on the server that the test run has set up. Each is its owner's alone and dropped at the end.
///
/// The server comes from the environment: `CAUSEWAY_TEST_PG_HOST` (an address or the folder of a Unix socket),
/// `CAUSEWAY_TEST_PG_PORT` and `CAUSEWAY_TEST_PG_USER` (a superuser). Without them a test fails and says so.
package struct TestPostgres: Sendable {
    package struct NotSetUp: Error, CustomStringConvertible {
        package let description: String
    }

    package let host: String
    package let port: UInt16
    package let superuser: String

    /// The server of this test run.
    package init() throws {
        func variable(_ name: String) throws -> String {
            guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
                throw NotSetUp(description: "\(name) is not set: run the tests with `make test`, which starts a server")
            }
            return value
        }
        host = try variable("CAUSEWAY_TEST_PG_HOST")
        guard let port = UInt16(try variable("CAUSEWAY_TEST_PG_PORT")) else {
            throw NotSetUp(description: "CAUSEWAY_TEST_PG_PORT is not a port")
        }
        self.port = port
        superuser = try variable("CAUSEWAY_TEST_PG_USER")
    }

    private static let lastNumber = Atomic<Int>(0)

    /// A name that no other test and no other run uses at the same time.
    package static func uniqueName(_ prefix: String = "test") -> String {
        let number = lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
        return "\(prefix)_\(ProcessInfo.processInfo.processIdentifier)_\(number)"
    }

    /// Small limits suit a test: many run at the same time against one server.
    package func configuration(
        database: String, user: String? = nil, password: Secret<String>? = nil, schema: String? = nil
    ) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(
            host: host, port: port, database: database, user: user ?? superuser, password: password, schema: schema)
        configuration.sharedConnections = 1
        configuration.leasedConnectionsMax = 4
        configuration.applicationName = "causeway-tests"
        configuration.statementTimeout = .seconds(20)
        configuration.unavailableWait = .seconds(10)
        configuration.leaseWait = .seconds(20)
        return configuration
    }

    /// Runs `body` with a new database, empty or a copy of `template`, and drops it.
    package static func withDatabase<Result>(
        template: String? = nil, _ body: (TestDatabase) async throws -> Result
    ) async throws -> Result {
        let server = try TestPostgres()
        let name = uniqueName()
        let copy = template.map { " TEMPLATE \(SQLQuote.identifier($0))" } ?? ""
        try await server.administer("CREATE DATABASE \(SQLQuote.identifier(name))\(copy)")
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(TestDatabase(server: server, name: name)))
        } catch {
            result = .failure(error)
        }
        try await server.drop(name)
        return try result.get()
    }

    /// Runs administrative statements as superuser, outside transactions.
    package func administer(_ script: String, database: String = "postgres") async throws {
        var configuration = configuration(database: database)
        // Copying a template waits for its other readers.
        configuration.statementTimeout = .seconds(60)
        let admin = Database(configuration)
        do {
            try await admin.run(script: script, name: "test administration")
        } catch {
            await admin.close()
            throw error
        }
        await admin.close()
    }

    package func drop(_ database: String) async throws {
        try await administer("DROP DATABASE IF EXISTS \(SQLQuote.identifier(database)) WITH (FORCE)")
    }
}

/// A database that one test owns.
package struct TestDatabase: Sendable {
    package let server: TestPostgres
    package let name: String

    package func configuration(
        user: String? = nil, password: Secret<String>? = nil, schema: String? = nil
    ) -> PostgresConfiguration {
        server.configuration(database: name, user: user, password: password, schema: schema)
    }

    /// Opens it, after `adjust` has changed the configuration, and closes it at the end.
    package func open<Result>(
        schema: String? = nil, _ adjust: (inout PostgresConfiguration) -> Void = { _ in },
        observe: @escaping @Sendable (PostgresObservation) -> Void = { _ in },
        _ body: (Database) async throws -> Result
    ) async throws -> Result {
        var configuration = configuration(schema: schema)
        adjust(&configuration)
        let database = Database(configuration, observe: observe)
        do {
            let result = try await body(database)
            await database.close()
            return result
        } catch {
            await database.close(grace: .zero)
            throw error
        }
    }

    /// Runs statements as superuser.
    package func administer(_ script: String) async throws {
        try await server.administer(script, database: name)
    }
}
