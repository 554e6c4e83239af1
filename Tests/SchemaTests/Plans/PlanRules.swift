/// What is right for most statements and not for some: each exception with its reason. One that is no longer needed
/// fails the test.
enum PlanRules {
    /// Tables that stay small, however large the suite grows.
    static let smallTables: [String: String] = [
        "schema_migrations": "one row for each migration",
        "signing_keys": "one row for each quarter of a year",
        "audit_tail": "one row",
        "outbox_logs": "one row for each topic",
        "audit_default": "holds what lies outside the months that have partitions of their own",
    ]

    /// Statements whose plan may have a fault.
    static let exceptions: [String: (faults: Set<QueryPlan.Fault>, reason: String)] = [
        "inbox.dead": ([.readsWholeIndex("inbox_dead")], "an operator's look at what was put aside, which is little"),
        "inbox.dead-counts": ([.readsWholeIndex("inbox_dead")], "counts what was put aside, which is little"),
        "outbox.counts": (
            [.readsWholeIndex("outbox_unsent"), .readsWholeIndex("outbox_unconfirmed")],
            "counts what waits for Redis or for a consumer"
        ),
        "outbox.unsent": ([.readsWholeIndex("outbox_unsent")], "all topics pass but those that wait for their log"),
    ]

    /// Statements that are no queries: the server makes no plan for them.
    static func hasNoPlan(_ statement: DeclaredStatement) -> Bool {
        ["BEGIN", "COMMIT", "ROLLBACK"].contains { statement.sql.hasPrefix($0) }
    }

    /// Whether a statement is for that schema: those of a service for its own, the others for all of them. The driver's
    /// are run by the owner, which migrates.
    static func isPlanned(_ statement: DeclaredStatement, in schema: String, by role: SeededSuite.Role) -> Bool {
        let ownSchema = ["Services/Auth/": "auth", "Services/User/": "users", "Services/Content/": "content"]
            .first { statement.path.hasPrefix($0.key) }?.value
        let runner: SeededSuite.Role = statement.path.hasPrefix("Shared/Postgres/") ? .owner : .data
        return !hasNoPlan(statement) && (ownSchema ?? schema) == schema && runner == role
    }

    /// The Swift types of parameters by the names that PostgreSQL has for them. Identifiers end in `ID`.
    static func postgresType(of swift: String) -> String? {
        if swift.hasSuffix("?") { return postgresType(of: String(swift.dropLast())) }
        if swift == "[UInt8]" { return "bytea" }
        if swift.hasPrefix("["), swift.hasSuffix("]") {
            return postgresType(of: String(swift.dropFirst().dropLast())).map { $0 + "[]" }
        }
        if swift.hasSuffix("ID") || swift == "UUIDv7" { return "uuid" }
        return types[swift]
    }

    private static let types = [
        "String": "text", "Int": "bigint", "Int64": "bigint", "Int32": "integer", "Double": "double precision",
        "Bool": "boolean", "Timestamp": "timestamptz", "JSONBytes": "jsonb", "RevocationReason": "text",
        "AccountStatus": "text", "Standing": "text", "AuthorStanding": "text",
    ]
}
