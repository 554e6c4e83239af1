import ArgumentParser
import AuthService
import ContentService
import Contract
import Cryptography
import Postgres
import Primitives
import Protocol
import ServiceKit
import UserService

/// Writes demonstration data.
struct Seed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write demonstration accounts and articles where they are missing, and print the accounts.")

    func run() async throws {
        let settings = Settings.ofProcess()
        let process = ProcessSettings(settings)
        let servers = ServerSettings(settings)
        let hashing = HashingConfiguration(settings)
        try settings.begin(needs: .init(keys: [], roles: SuiteSchema.all.map(\.dataRole)))
        guard settings.profile == .development else {
            printError("Demonstration accounts have known passwords: seed runs in the development profile only.")
            throw ExitCode(1)
        }
        let driver = PostgresDriver()
        let databases = try SuiteSchema.all.map { schema in
            Database(try schema.dataConfiguration(servers, process.keys), driver: driver)
        }
        let hasher = hashing.makeHasher()
        defer { hasher.shutdown() }
        let added = try await AuthSeed(
            database: databases[0], secrets: try AuthSecrets(process.keys), hasher: hasher
        ).insert()
        let accounts = DemoAccount.all.map { person in
            AccountFacts(
                id: person.id, displayName: person.displayName, locale: "en", createdAt: DemoAccount.createdAt)
        }
        let profiles = try await UserService.seed(accounts, database: databases[1])
        let writers = Set(DemoAccount.all.filter { $0.role != .reader }.map(\.id))
        let written = try await ContentService.seed(
            authors: profiles.filter { writers.contains($0.id) }, database: databases[2])
        for database in databases { await database.close() }
        printError("Added \(added) accounts and \(written) articles; the rest was there.")
        for person in DemoAccount.all { print("\(person.email)  \(person.password)  \(person.role.rawValue)") }
    }
}
