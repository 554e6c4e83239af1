import Postgres
import Primitives
import TestKit
import Testing

@Suite struct SchemaOwnershipTests {
    private func ownership(_ schema: String, _ prefix: String) -> SchemaOwnership {
        SchemaOwnership(
            schema: schema, owner: .init("\(prefix)_\(schema)_owner", password: Secret("o'wn\\er")),
            data: .init("\(prefix)_\(schema)_data", password: Secret("d\"ata")))
    }

    private func withOwnerships(
        _ body: (SchemaOwnership, SchemaOwnership, TestDatabase) async throws -> Void
    ) async throws {
        let prefix = TestPostgres.uniqueName("role")
        let (content, user) = (ownership("content", prefix), ownership("user", prefix))
        try await TestPostgres.withDatabase { test in
            try await test.open { database in
                try await SchemaOwnership.establish([content, user], in: database)
                try await SchemaOwnership.establish([content, user], in: database)
            }
            try await body(content, user, test)
        }
        let roles = [content, user].flatMap { [$0.owner.name, $0.data.name] }
        let names = roles.map { SQLQuote.identifier($0) }.joined(separator: ", ")
        try await TestPostgres().administer("DROP ROLE \(names)")
    }

    private func open<Value>(
        _ role: SchemaOwnership.Role, schema: String?, _ test: TestDatabase,
        _ body: (Database) async throws -> Value
    ) async throws -> Value {
        try await test.open(schema: schema) {
            $0.user = role.name
            $0.password = role.password
        } _: {
            try await body($0)
        }
    }

    private func isDenied<Row, each Parameter>(
        _ statement: Statement<Row, repeat each Parameter>, _ parameters: repeat each Parameter, by database: Database
    ) async throws -> Bool {
        do {
            _ = try await database.all(statement, repeat each parameters)
            return false
        } catch {
            guard error.sqlState == .insufficientPrivilege else { throw error }
            return true
        }
    }

    @Test func theDataRoleWorksWithRowsAndChangesNoStructure() async throws {
        try await withOwnerships { content, _, test in
            let migrations = [
                Migration(1, "things", "CREATE TABLE things (id bigint GENERATED ALWAYS AS IDENTITY, note text)"),
                Migration(
                    2, "audit",
                    "CREATE TABLE audit (id bigint); REVOKE UPDATE, DELETE ON audit FROM \(content.data.name)"),
            ]
            try await open(content.owner, schema: "content", test) { owner in
                _ = try await Migrator(owner, migrations).migrate()
            }
            // Set up again, as every start does: what the migration took back stays taken.
            try await test.open { try await SchemaOwnership.establish([content], in: $0) }
            try await open(content.data, schema: nil, test) { data in
                try await Migrator(data, migrations).requireCurrent()
                try await data.execute(Statement("t.insert", "INSERT INTO things (note) VALUES ('a')"))
                try await data.execute(Statement("t.update", "UPDATE things SET note = 'b'"))
                try await data.execute(Statement("t.delete", "DELETE FROM things"))
                try await data.execute(Statement("t.append", "INSERT INTO audit VALUES (1)"))
                let denied: [Statement<Void>] = [
                    Statement("t.rewrite", "UPDATE audit SET id = 2"),
                    Statement("t.erase", "DELETE FROM audit"),
                    Statement("t.truncate", "TRUNCATE things"),
                    Statement("t.create", "CREATE TABLE content.more (id int)"),
                    Statement("t.create-public", "CREATE TABLE public.more (id int)"),
                    Statement("t.temp", "CREATE TEMP TABLE more (id int)"),
                    Statement("t.drop", "DROP TABLE things"),
                    Statement("t.alter", "ALTER TABLE things ADD more int"),
                    Statement("t.forge", "UPDATE schema_migrations SET checksum = ''"),
                    Statement("t.forget", "DELETE FROM schema_migrations"),
                ]
                for statement in denied {
                    let isDenied = try await isDenied(statement, by: data)
                    #expect(isDenied, "\(statement)")
                }
            }
        }
    }

    @Test func noRoleHasAnythingInAnothersSchema() async throws {
        try await withOwnerships { content, user, test in
            let migrations = [Migration(1, "things", "CREATE TABLE things (id bigint)")]
            for ownership in [content, user] {
                try await open(ownership.owner, schema: ownership.schema, test) { owner in
                    _ = try await Migrator(owner, migrations).migrate()
                }
            }
            let read = Statement<Int>("t.read", "SELECT count(*) FROM content.things")
            let write = Statement<Void>("t.write", "INSERT INTO content.things VALUES (1)")
            for stranger in [user.data, user.owner] {
                try await open(stranger, schema: "user", test) { database in
                    let cannotRead = try await isDenied(read, by: database)
                    #expect(cannotRead, "\(stranger.name)")
                    let cannotWrite = try await isDenied(write, by: database)
                    #expect(cannotWrite, "\(stranger.name)")
                }
            }
            // The same statement passes for its own role, so that the refusals mean something.
            try await open(content.data, schema: "content", test) { database in
                try await database.execute(write)
                let count = try await database.one(read)
                #expect(count == 1)
            }
            // Beyond these statements: the catalogue knows of no grant on the other's schema or tables.
            try await test.open { database in
                let grants = Statement<Int, [String]>(
                    "t.grants",
                    """
                    SELECT count(*) FROM unnest($1) AS role (name)
                    WHERE has_schema_privilege(role.name, 'content', 'USAGE')
                        OR has_schema_privilege(role.name, 'content', 'CREATE')
                        OR has_table_privilege(role.name, 'content.things', 'SELECT, INSERT, UPDATE, DELETE')
                    """)
                let count = try await database.one(grants, [user.data.name, user.owner.name])
                #expect(count == 0)
                let own = try await database.one(grants, [content.data.name])
                #expect(own == 1)
            }
        }
    }

    @Test func passwordsAreKeptAsVerifiersOnly() async throws {
        try await withOwnerships { content, _, test in
            try await test.open { database in
                let stored = Statement<String, String>(
                    "t.stored", "SELECT rolpassword FROM pg_authid WHERE rolname = $1")
                let verifier = try await database.one(stored, content.data.name)
                #expect(verifier.hasPrefix("SCRAM-SHA-256$4096:"))
                #expect(!verifier.contains("d\"ata"))
            }
        }
    }

    @Test func namesAndTextsAreQuoted() async throws {
        let texts = ["", "a", "it's", #"back\slash"#, #""quoted""#, "'; DROP TABLE x; --", "e\u{301}'\u{301}", "$$"]
        try await TestPostgres.withDatabase { test in
            for text in texts {
                let name = text.isEmpty ? "x" : text
                try await test.administer(
                    """
                    CREATE TABLE \(SQLQuote.identifier(name)) (note text);
                    COMMENT ON TABLE \(SQLQuote.identifier(name)) IS \(SQLQuote.literal("=" + text));
                    SET standard_conforming_strings = off;
                    INSERT INTO \(SQLQuote.identifier(name)) VALUES (\(SQLQuote.literal(text)));
                    """)
                try await test.open { database in
                    let found = Statement<Bool, String, String>(
                        "t.found",
                        "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = $1 AND obj_description(oid) = $2)")
                    let isFound = try await database.one(found, name, "=" + text)
                    #expect(isFound, "\(text)")
                }
            }
        }
    }
}
