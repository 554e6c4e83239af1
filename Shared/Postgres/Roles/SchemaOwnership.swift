package import Primitives

/// Who owns one service's schema, and who may only work with its data.
///
/// The owner runs migrations. The data role is what the service connects as: it reads and writes rows of this schema,
/// changes no structure, and has nothing in any other schema. Tables that are append-only take `UPDATE` and `DELETE`
/// back from it in their migration.
package struct SchemaOwnership: Sendable {
    package struct Role: Sendable {
        package let name: String
        /// Nil where the server lets the role in by other means.
        package let password: Secret<String>?

        package init(_ name: String, password: Secret<String>? = nil) {
            self.name = name
            self.password = password
        }
    }

    package let schema: String
    package let owner: Role
    package let data: Role

    package init(schema: String, owner: Role, data: Role) {
        self.schema = schema
        self.owner = owner
        self.data = data
    }

    /// Makes roles, schemas and grants what they should be; may run again at any time.
    /// - Parameter database: a superuser's connection to the database that holds the schemas.
    package static func establish(_ ownerships: [SchemaOwnership], in database: Database) async throws {
        // Outside the transaction, since it takes a while.
        let scripts = ownerships.map(\.script)
        try await database.transaction { transaction in
            _ = try await transaction.one(lock)
            try await transaction.run(script: closePublic, name: "postgres.close-public")
            for script in scripts { try await transaction.run(script: script, name: "postgres.establish-schema") }
        }
    }

    /// Two that run at once would collide in the catalogue.
    private static let lock = Statement<Bool>(
        "postgres.lock-roles",
        "SELECT pg_advisory_xact_lock(hashtextextended('schema ownership', 0)) IS NOT NULL")

    private static let closePublic = """
        REVOKE ALL ON SCHEMA public FROM PUBLIC;
        DO $$ BEGIN EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()); END $$;
        """

    private var script: String {
        let schemaName = SQLQuote.identifier(schema)
        let ownerName = SQLQuote.identifier(owner.name)
        let dataName = SQLQuote.identifier(data.name)
        // Tables that exist are left alone: a migration may have taken privileges back.
        return roleScript(owner) + roleScript(data) + """
            CREATE SCHEMA IF NOT EXISTS \(schemaName) AUTHORIZATION \(ownerName);
            ALTER SCHEMA \(schemaName) OWNER TO \(ownerName);
            REVOKE ALL ON SCHEMA \(schemaName) FROM PUBLIC;
            GRANT USAGE ON SCHEMA \(schemaName) TO \(dataName);
            ALTER DEFAULT PRIVILEGES FOR ROLE \(ownerName) REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
            ALTER DEFAULT PRIVILEGES FOR ROLE \(ownerName) IN SCHEMA \(schemaName)
                GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO \(dataName);
            ALTER DEFAULT PRIVILEGES FOR ROLE \(ownerName) IN SCHEMA \(schemaName)
                GRANT USAGE, SELECT ON SEQUENCES TO \(dataName);
            ALTER DEFAULT PRIVILEGES FOR ROLE \(ownerName) IN SCHEMA \(schemaName)
                GRANT EXECUTE ON FUNCTIONS TO \(dataName);

            """
    }

    private func roleScript(_ role: Role) -> String {
        let name = SQLQuote.identifier(role.name)
        // Never the password itself: servers log statements.
        let password = role.password.flatMap { SCRAMVerifier.make($0) }.map { " PASSWORD " + SQLQuote.literal($0) }
        let path = SQLQuote.identifier(schema)
        let creation = """
            BEGIN
                IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = \(SQLQuote.literal(role.name))) THEN
                    CREATE ROLE \(name);
                END IF;
                EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(),
                    \(SQLQuote.literal(role.name))::text);
            END
            """
        return """
            DO \(SQLQuote.literal(creation));
            ALTER ROLE \(name) LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS\(password ?? "");
            ALTER ROLE \(name) SET search_path = \(path);

            """
    }
}
