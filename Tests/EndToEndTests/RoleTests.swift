import TestKit
import Testing

/// One role a service, with no grant on another's schema (security.md, "data").
@Suite("Database roles")
struct RoleTests {
    private static let schemas: [(schema: String, table: String)] = [
        ("auth", "accounts"), ("users", "profiles"), ("content", "articles"),
    ]

    private func expect(
        _ suite: SuiteUnderTest, _ role: String, _ sql: String, denied: Bool,
        at place: SourceLocation = #_sourceLocation
    ) async throws {
        let outcome = try await suite.psql(sql, as: role)
        #expect((outcome.status != 0) == denied, "\(role): \(sql): \(outcome.errorText)", sourceLocation: place)
        if denied {
            let isPermission = ["permission denied", "must be owner", "must be superuser"].contains {
                outcome.errorText.contains($0)
            }
            #expect(isPermission, "\(role): \(sql): \(outcome.errorText)", sourceLocation: place)
        }
    }

    @Test("A data role reads its own schema and no other", arguments: ["auth", "user", "content"])
    func isolation(service: String) async throws {
        let suite = try await SuiteUnderTest.shared()
        for (schema, table) in Self.schemas {
            let isOwn = schema.hasPrefix(service)
            let name = "\(schema).\(table)"
            try await expect(suite, "\(service)_app", "SELECT count(*) FROM \(name)", denied: !isOwn)
            for statement in [
                "DELETE FROM \(name) WHERE false", "UPDATE \(name) SET id = id WHERE false", "TRUNCATE \(name)",
            ] where !isOwn || statement.hasPrefix("TRUNCATE") {
                try await expect(suite, "\(service)_app", statement, denied: true)
            }
            // Not even the owner of one schema reads another.
            try await expect(suite, "\(service)_owner", "SELECT count(*) FROM \(name)", denied: !isOwn)
        }
    }

    @Test(
        "A data role cannot change structure, roles or what migrations recorded",
        arguments: ["auth", "user", "content"])
    func structure(service: String) async throws {
        let suite = try await SuiteUnderTest.shared()
        let (schema, table) = try #require(Self.schemas.first { $0.schema.hasPrefix(service) })
        let name = "\(schema).\(table)"
        for statement in [
            "CREATE TABLE \(schema).mine (a int)", "CREATE TABLE public.mine (a int)", "CREATE SCHEMA mine",
            "DROP TABLE \(name)", "ALTER TABLE \(name) ADD COLUMN mine int", "CREATE INDEX ON \(name) (id)",
            "CREATE ROLE mine", "ALTER ROLE \(service)_owner LOGIN", "SET ROLE \(service)_owner", "SET ROLE postgres",
            "COPY (SELECT 1) TO PROGRAM 'true'", "SELECT pg_read_file('/etc/passwd')",
        ] {
            try await expect(suite, "\(service)_app", statement, denied: true)
        }
    }

    @Test("The audit is appended to, never changed")
    func audit() async throws {
        let suite = try await SuiteUnderTest.shared()
        _ = try await suite.newPerson("audited")
        let tables = try await suite.psql(
            "SELECT string_agg(quote_ident(relname), ',') FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
                + "WHERE nspname = 'auth' AND relname LIKE 'audit%' AND relkind IN ('r', 'p')")
        let names = tables.text.split(whereSeparator: { ",\n".contains($0) })
        #expect(!names.isEmpty, "\(tables.errorText)")
        for table in names {
            for statement in [
                "DELETE FROM auth.\(table)", "UPDATE auth.\(table) SET outcome = ''", "TRUNCATE auth.\(table)",
            ] {
                let outcome = try await suite.psql(statement, as: "auth_app")
                #expect(outcome.status != 0, "\(statement)")
            }
        }
    }
}
