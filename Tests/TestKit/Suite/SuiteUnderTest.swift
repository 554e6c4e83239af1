internal import Foundation
internal import Synchronization

/// The whole suite as real processes, on servers, ports, keys and a database of its own, for tests from outside.
///
/// What it started ends with the test process at the latest.
package final class SuiteUnderTest: Sendable {
    /// What `causeway serve` is told to serve.
    package enum Part: String, Sendable, CaseIterable {
        case auth, user, content, gateway, all
    }

    package enum Mode: String, Sendable, CaseIterable {
        case fourProcesses, oneProcess

        package var parts: [Part] { self == .oneProcess ? [.all] : [.auth, .user, .content, .gateway] }
    }

    package struct Options: Sendable {
        package var mode: Mode
        /// Settings beside the harness's own, as `["CAUSEWAY_DRAIN_SECONDS": "1"]`.
        package var settings: [String: String] = [:]
        /// Rate limits are raised out of the way, unless a test is about them.
        package var limitMultiplier = 10_000
        /// Memory for answers that the gateway keeps. Without any, every read shows what the services do.
        package var cacheMegabytes = 0
        /// Whether the suite has a PostgreSQL of its own, which it may stop, or a database on the shared one.
        package var ownsPostgres = false
        /// Whether what Redis holds outlives its end.
        package var redisKeepsData = false
        /// Processes of a service, all of which are called; else one. The first is started with the suite.
        package var instances: [Part: Int] = [:]
        /// Whether a gateway that is started takes the place of the one that runs.
        package var handsOver = false
        /// A PostgreSQL made for this suite alone; it ends with it.
        package var postgres: TestPostgresServer?
        /// Options of its Redis, beside the usual.
        package var redis: [String] = []

        package init(_ mode: Mode) {
            self.mode = mode
        }
    }

    package struct Fault: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    package let options: Options
    package let ports: SuitePorts
    package let redis: TestRedisServer
    /// Only where the suite has one of its own.
    package let postgres: TestPostgresServer?
    package let database: String
    /// Keys, certificate and logs.
    package let folder: String
    package let environment: [String: String]
    let binary: String
    let afterlife: Afterlife
    let processes = Mutex<[String: ChildProcess]>([:])

    /// Starts everything and waits until every part is ready.
    package static func start(_ options: Options) async throws -> SuiteUnderTest {
        let suite = try await SuiteUnderTest(options)
        do {
            try await suite.prepare()
            for part in options.mode.parts { try await suite.start(part, untilReady: false) }
            for part in options.mode.parts { try await suite.waitUntilReady(part) }
        } catch {
            await suite.stop()
            throw error
        }
        return suite
    }

    /// Everything is there except the processes: keys, servers and an empty database.
    package init(_ options: Options) async throws {
        self.options = options
        binary = try CausewayBinary.path
        ports = try SuitePorts(instances: options.instances)
        database = TestPostgres.uniqueName("suite_\(UInt16.random(in: 0 ... .max))")
        folder = NSTemporaryDirectory() + "/causeway-\(database)"
        if options.ownsPostgres, options.postgres == nil {
            postgres = try await TestPostgresServer.make()
        } else {
            postgres = options.postgres
        }
        let server = try SuiteDatabaseServer(postgres)
        redis = try TestRedisServer(keepsData: options.redisKeepsData, extra: options.redis)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        afterlife = try Afterlife(folder: folder, command: postgres == nil ? server.dropCommand(database) : [])
        environment = Self.environment(options, ports, server, redis: redis.port, database: database, folder: folder)
    }

    /// Ends it all now; else that happens when the test process ends.
    package func stop() async {
        let running = processes.withLock { processes in
            defer { processes = [:] }
            return Array(processes.values)
        }
        for process in running { await process.stop(signal: SIGKILL) }
        await afterlife.end()
        await postgres?.stop()
        redis.stop()
    }

    /// Makes keys, roles, schemas and the mail catcher.
    package func prepare(by release: Release = .this) async throws {
        try await makeKeys(by: release)
        try await migrate(by: release)
        try await startMailCatcher()
    }

    /// Makes the keys that are missing.
    package func makeKeys(by release: Release = .this) async throws {
        let outcome = try await ChildProcess.run(
            [try executable(release), "keys", "--directory", keysFolder], environment: environment)
        guard outcome.status == 0 else { throw Fault(description: outcome.errorText + outcome.text) }
    }

    /// Roles belong to the whole server: two migrations at once collide in the catalogue, even of two databases. Their
    /// passwords are each suite's own, and do not matter, since the socket lets everyone in.
    package func migrate(by release: Release = .this) async throws {
        let lock = NSTemporaryDirectory() + "/causeway-suite-migrations.lock"
        let outcome = try await ChildProcess.run(
            ["flock", lock, try executable(release), "migrate"], environment: environment)
        guard outcome.status == 0 else { throw Fault(description: outcome.errorText + outcome.text) }
    }

    package var keysFolder: String { folder + "/keys" }
    package var certificate: String { keysFolder + "/gateway-certificate.pem" }

    /// Runs a command of the executable in the suite's environment.
    package func causeway(
        _ arguments: [String], settings: [String: String] = [:], seconds: Int = 60
    ) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(
            [binary] + arguments, environment: environment.merging(settings) { _, new in new }, seconds: seconds)
    }

    /// Runs a command that must succeed.
    @discardableResult
    package func require(_ arguments: [String]) async throws -> String {
        let outcome = try await causeway(arguments)
        guard outcome.status == 0 else {
            throw Fault(
                description: "causeway \(arguments.joined(separator: " ")): \(outcome.errorText)\(outcome.text)")
        }
        return outcome.text
    }

    private static func environment(
        _ options: Options, _ ports: SuitePorts, _ server: SuiteDatabaseServer, redis: Int, database: String,
        folder: String
    ) -> [String: String] {
        var environment = ports.settings
        for (name, value) in [
            "PROFILE": "development", "KEYS_DIRECTORY": folder + "/keys", "LOG_LEVEL": "debug", "LOG_FORMAT": "json",
            "POSTGRES_HOST": server.host, "POSTGRES_PORT": String(server.port), "POSTGRES_DATABASE": database,
            "POSTGRES_SUPERUSER": server.superuser, "REDIS_HOST": "127.0.0.1", "REDIS_PORT": String(redis),
            "AUTH_NEW_ACCOUNT_ROLE": "author", "GATEWAY_LIMIT_MULTIPLIER": String(options.limitMultiplier),
            // A busy machine is late all the time.
            "GATEWAY_STRAIN_MILLISECONDS": "0",
            "GATEWAY_CONNECTIONS_PER_ADDRESS_MAX": "1000", "DRAIN_SECONDS": "2",
            "UPSTREAM_PATIENCE_MILLISECONDS": "500", "GATEWAY_CACHE_MEGABYTES": String(options.cacheMegabytes),
        ] {
            environment["CAUSEWAY_\(name)"] = value
        }
        // A socket's path has at most 107 bytes.
        if options.handsOver { environment["CAUSEWAY_GATEWAY_HANDOVER_DIRECTORY"] = folder + "/h" }
        return environment.merging(options.settings) { _, new in new }
    }
}
