import AuthService
import ContentService
import Postgres
import Primitives
import TestKit
import UserService

/// All schemas of the suite in one database, made as `causeway migrate` makes them, with roles of their own.
struct SeededSuite: Sendable {
    let test: TestDatabase
    private let ownerships: [String: SchemaOwnership]

    static let migrations: [(schema: String, migrations: [Migration])] = [
        (AuthService.schema, AuthService.migrations), (UserService.schema, UserService.migrations),
        (ContentService.schema, ContentService.migrations),
    ]

    static var schemas: [String] { migrations.map(\.schema) }

    /// Runs `body` with the migrated schemas, and rows in them where `isFilled`.
    static func with(filled isFilled: Bool, _ body: (SeededSuite) async throws -> Void) async throws {
        let prefix = TestPostgres.uniqueName("plans")
        let ownerships = schemas.map {
            SchemaOwnership(schema: $0, owner: .init("\(prefix)_\($0)_owner"), data: .init("\(prefix)_\($0)_app"))
        }
        try await TestPostgres.withDatabase { test in
            try await test.open { try await SchemaOwnership.establish(ownerships, in: $0) }
            for (ownership, (schema, migrations)) in zip(ownerships, migrations) {
                try await test.open(schema: schema) {
                    $0.user = ownership.owner.name
                } _: {
                    _ = try await Migrator($0, migrations).migrate()
                }
            }
            if isFilled {
                for rows in SeedRows.all { try await test.administer(rows) }
                // Outside any transaction; index-only scans need what it writes down.
                try await test.administer("VACUUM ANALYZE")
            }
            let byName = Dictionary(uniqueKeysWithValues: ownerships.map { ($0.schema, $0) })
            try await body(SeededSuite(test: test, ownerships: byName))
        }
        let roles = ownerships.flatMap { [$0.owner.name, $0.data.name] }.joined(separator: ", ")
        try await TestPostgres().administer("DROP ROLE \(roles)")
    }

    /// Who opens a schema: its service, or what migrates it.
    enum Role {
        case data, owner
    }

    /// A schema with plans that do not know the parameters.
    func open<Result>(
        _ schema: String, as role: Role = .data, _ body: (Database) async throws -> Result
    ) async throws -> Result {
        let ownership = ownerships[schema]
        return try await test.open(schema: schema) {
            $0.user = (role == .data ? ownership?.data.name : ownership?.owner.name) ?? $0.user
            $0.planCacheMode = .forceGenericPlan
        } _: {
            try await body($0)
        }
    }
}
