import ArgumentParser
import Postgres
import Primitives
import ServiceKit

/// Brings the database to where this release needs it.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create roles and schemas where they are missing, then apply pending migrations.")

    @Flag(help: "Print what would be applied and change nothing.")
    var dryRun = false

    @Flag(help: "Leave database, roles and schemas alone: they were made by other means.")
    var noBootstrap = false

    static let superuserSetting = Setting(
        "postgres.superuser", default: "postgres", "The role that `causeway migrate` makes roles and schemas as.")
    static let superuserPasswordSetting = Setting(
        "postgres.superuser-password", default: Secret(""), "The superuser's password; empty for none.")

    /// Who makes roles and schemas.
    static func superuser(
        _ settings: Settings, _ servers: ServerSettings
    ) -> (name: String, password: Secret<String>?) {
        let name = settings(superuserSetting)
        let password = settings(superuserPasswordSetting)
        settings.refuse(
            "\(superuserPasswordSetting.declaration.variable) is empty, and PostgreSQL is another machine; set it, or "
                + "CAUSEWAY_POSTGRES_TLS_CERTIFICATE",
            when: password.exposedValue.isEmpty && !servers.trustsPostgresWithoutPassword,
            unless: AcceptedRisk.superuserWithoutPassword)
        return (name, password.exposedValue.isEmpty ? nil : password)
    }

    func run() async throws {
        let settings = Settings.ofProcess()
        let process = ProcessSettings(settings)
        let servers = ServerSettings(settings)
        let superuser = Self.superuser(settings, servers)
        try settings.begin(needs: .init(keys: [], roles: SuiteSchema.all.flatMap { [$0.ownerRole, $0.dataRole] }))
        if !noBootstrap, !dryRun {
            try await bootstrap(
                servers, process.keys, servers.postgres(user: superuser.name, password: superuser.password, schema: nil)
            )
        }
        for schema in SuiteSchema.all {
            try await migrate(schema, schema.ownerConfiguration(servers, process.keys))
        }
    }

    private func bootstrap(
        _ servers: ServerSettings, _ keys: KeysDirectory, _ configuration: PostgresConfiguration
    ) async throws {
        var maintenance = configuration
        maintenance.database = "postgres"
        try await withDatabase(maintenance) { database in
            guard try await database.first(Self.databaseExists, servers.postgresDatabase) == nil else { return }
            try await database.run(
                script: "CREATE DATABASE \(SQLQuote.identifier(servers.postgresDatabase))", name: "create-database")
            print("Created the database \(servers.postgresDatabase).")
        }
        let ownerships = try SuiteSchema.all.map { schema in
            SchemaOwnership(
                schema: schema.name,
                owner: .init(schema.ownerRole, password: try keys.postgresPassword(role: schema.ownerRole)),
                data: .init(schema.dataRole, password: try keys.postgresPassword(role: schema.dataRole)))
        }
        try await withDatabase(configuration) { try await SchemaOwnership.establish(ownerships, in: $0) }
    }

    private static let databaseExists = Statement<Int32, String>(
        "migrate.database-exists", "SELECT 1 FROM pg_database WHERE datname = $1")

    private func migrate(_ schema: SuiteSchema, _ configuration: PostgresConfiguration) async throws {
        try await withDatabase(configuration) { database in
            let migrator = Migrator(database, schema.migrations)
            let migrations = dryRun ? try await migrator.plan().pending : try await migrator.migrate()
            let names = migrations.map { "\($0.number) \($0.name)" }.joined(separator: ", ")
            let verb = dryRun ? "would apply" : "applied"
            print("\(schema.name): \(migrations.isEmpty ? "is current" : "\(verb) \(names)").")
            guard dryRun else { return }
            let pending = Set(migrations.map(\.number))
            for finding in MigrationLint.findings(in: schema.migrations) where pending.contains(finding.migration) {
                print("  \(finding)")
            }
        }
    }

    private func withDatabase(
        _ configuration: PostgresConfiguration, _ work: (Database) async throws -> Void
    ) async throws {
        let database = Database(configuration) { observation in
            if case .connectFailed(_, let detail) = observation { printError("PostgreSQL: \(detail)") }
        }
        do {
            try await work(database)
            await database.close()
        } catch {
            await database.close(grace: .zero)
            throw error
        }
    }
}
