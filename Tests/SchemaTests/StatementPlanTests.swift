import Postgres
import TestKit
import Testing

/// Every statement of the suite is planned on tables of thousands of rows, by the role that runs it and without its
/// parameters, as a prepared statement is after a few runs.
@Suite("Plans of statements")
struct StatementPlanTests {
    /// `EXPLAIN` takes no parameters and its rows are texts, so that a function does it.
    private static let makeExplain = """
        CREATE FUNCTION public.explain_statement(statement text, types text, count int) RETURNS text
        LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
        DECLARE plan json; arguments text := array_to_string(array_fill('NULL'::text, ARRAY[count]), ', ');
        BEGIN
            EXECUTE 'PREPARE explained ' || types || ' AS ' || statement;
            BEGIN
                EXECUTE 'EXPLAIN (FORMAT JSON) EXECUTE explained'
                    || CASE WHEN count = 0 THEN '' ELSE '(' || arguments || ')' END INTO plan;
            EXCEPTION WHEN OTHERS THEN
                DEALLOCATE explained;
                RAISE;
            END;
            DEALLOCATE explained;
            RETURN plan;
        END
        $$;
        GRANT USAGE ON SCHEMA public TO PUBLIC;
        GRANT EXECUTE ON FUNCTION public.explain_statement TO PUBLIC;
        """

    private static let explain = Statement<String, String, String, Int>(
        "test.explain", "SELECT public.explain_statement($1, $2, $3::int)")

    private static let counts = Statement<TableCount>(
        "test.tables",
        """
        SELECT n.nspname || '.' || c.relname, c.relname, (SELECT coalesce(sum(greatest(leaf.reltuples, 0)), 0)
            FROM pg_partition_tree(c.oid) AS part JOIN pg_class AS leaf ON leaf.oid = part.relid
            WHERE part.isleaf)::bigint + (CASE WHEN c.relkind = 'r' THEN greatest(c.reltuples, 0) ELSE 0 END)::bigint
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('auth', 'users', 'content') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        ORDER BY 1
        """, TableCount.init)

    /// Columns that refer to another table, with no index that begins with them: deleting what they refer to reads the
    /// whole table.
    private static let unindexedReferences = Statement<String>(
        "test.unindexed-references",
        """
        SELECT DISTINCT c.conrelid::regclass || ' (' || a.attname || ')'
        FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND NOT EXISTS (
            SELECT 1 FROM pg_index AS i
            WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1] AND i.indpred IS NULL)
        ORDER BY 1
        """)

    @Test("Each is read by an index, or the exception is written down")
    func everyStatementHasAGoodPlan() async throws {
        let statements = try DeclaredStatement.all()
        // Far fewer would mean that the reader has gone blind.
        #expect(statements.count > 80)
        let twice = Dictionary(grouping: statements, by: \.name).filter { $1.count > 1 }.keys
        #expect(twice.isEmpty, "a name stands for one statement: \(twice.sorted())")
        try await SeededSuite.with(filled: true) { suite in
            try await suite.test.administer(Self.makeExplain)
            try await suite.test.open { database in
                try await expectRows(database)
                let references = try await database.all(Self.unindexedReferences)
                #expect(references.isEmpty, "an index must begin with each of \(references)")
            }
            try await suite.open("auth") { await expectFaultsAreFound($0) }
            var explained: [String: [QueryPlan]] = [:]
            for schema in SeededSuite.schemas {
                for role in [SeededSuite.Role.data, .owner] {
                    try await suite.open(schema, as: role) { database in
                        for statement in statements where PlanRules.isPlanned(statement, in: schema, by: role) {
                            guard let plan = await self.plan(statement, in: schema, database) else { continue }
                            explained[statement.name, default: []].append(plan)
                        }
                    }
                }
            }
            judge(statements, explained)
        }
    }

    /// What the rules are about is seen where it happens.
    private func expectFaultsAreFound(_ database: Database) async {
        let bad: [(sql: String, faults: Set<QueryPlan.Fault>)] = [
            ("SELECT id FROM sessions WHERE id = '00000000-0000-7000-8000-000000000000'", []),
            ("SELECT id FROM sessions WHERE ip = '10.0.0.1'", [.readsWholeTable("sessions")]),
            ("SELECT kid FROM signing_keys WHERE x = y", []),
            ("SELECT absolute_expires_at FROM sessions ORDER BY absolute_expires_at LIMIT 5", []),
            (
                "SELECT ip FROM sessions WHERE ip = 'x' ORDER BY absolute_expires_at LIMIT 1000",
                [.readsWholeTable("sessions")]
            ),
            ("SELECT id FROM accounts ORDER BY created_at LIMIT 5", [.readsWholeTable("accounts"), .sorts]),
            (
                "SELECT count(*) FROM revocations WHERE published_at IS NULL",
                [.readsWholeIndex("revocations_unpublished")]
            ),
            ("SELECT a.id FROM accounts AS a, accounts AS b", [.readsWholeTable("accounts"), .cost]),
        ]
        for (sql, faults) in bad {
            let statement = DeclaredStatement(name: "test.bad", sql: sql, parameters: [], path: "")
            let small = Set(PlanRules.smallTables.keys)
            let found = await plan(statement, in: "auth", database)?.faults(smallTables: small) ?? []
            #expect(faults.isEmpty ? found.isEmpty : found.isSuperset(of: faults), "\(sql): \(found)")
        }
    }

    /// A plan over an empty table says nothing.
    private func expectRows(_ database: Database) async throws {
        for table in try await database.all(Self.counts) where PlanRules.smallTables[table.name] == nil {
            #expect(
                table.rows >= SeedRows.rowsMin,
                """
                \(table.path) has \(table.rows) rows here. Give it at least \(SeedRows.rowsMin) in SeedRows, or, if it \
                never grows, a line with the reason in PlanRules.smallTables.
                """)
        }
    }

    /// Nil where the schema lacks what the statement names, as those have that do not use all of the ledger.
    private func plan(_ statement: DeclaredStatement, in schema: String, _ database: Database) async -> QueryPlan? {
        let types = statement.parameters.map { PlanRules.postgresType(of: $0) ?? "?" }
        guard !types.contains("?") else {
            Issue.record("\(statement.name): PlanRules.postgresType lacks a type among \(statement.parameters)")
            return nil
        }
        let list = types.isEmpty ? "" : "(\(types.joined(separator: ", ")))"
        do {
            let text = try await database.one(Self.explain, statement.sql, list, types.count)
            guard let plan = QueryPlan(explained: text) else {
                Issue.record("\(statement.name): its plan cannot be read: \(text)")
                return nil
            }
            return plan
        } catch {
            if error.sqlState != .undefinedTable { Issue.record("\(statement.name) in \(schema): \(error)") }
            return nil
        }
    }

    private func judge(_ statements: [DeclaredStatement], _ explained: [String: [QueryPlan]]) {
        let small = Set(PlanRules.smallTables.keys)
        for statement in statements where !PlanRules.hasNoPlan(statement) {
            let plans = explained[statement.name] ?? []
            #expect(!plans.isEmpty, "\(statement.name) (\(statement.path)): no schema has what it names")
            let faults = plans.reduce(into: Set<QueryPlan.Fault>()) { $0.formUnion($1.faults(smallTables: small)) }
            let allowed = PlanRules.exceptions[statement.name]?.faults ?? []
            for fault in faults.subtracting(allowed) {
                Issue.record(
                    """
                    \(statement.name) (\(statement.path)) \(fault). Give it an index or a bound, or, if that is right \
                    as it is, a line with the reason in PlanRules.exceptions.
                    """)
            }
            for fault in allowed.subtracting(faults) {
                Issue.record("\(statement.name) no longer \(fault): take it out of PlanRules.exceptions")
            }
        }
        let names = Set(statements.map(\.name))
        #expect(PlanRules.exceptions.keys.filter { !names.contains($0) } == [], "exceptions for what is not there")
    }
}

private struct TableCount: Sendable {
    let path: String
    let name: String
    let rows: Int
}
