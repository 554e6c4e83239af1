import Testing

@Suite struct DeclaredStatementTests {
    private func read(_ text: String) throws -> [DeclaredStatement] {
        try DeclaredStatement.all(in: text, path: "Shared/Some.swift")
    }

    @Test func aStatementIsReadWithItsTypes() throws {
        let found = try read(
            """
            static let one = Statement<Void, AccountID, [String], Timestamp?>("a.one", "SELECT $1")
            private static let two = Statement<
                Row, Set<Int>
            >(
                "a.two",
                \"""
                SELECT 1
                FROM two
                \""") { (a: Int) in Row(a) }
            // static let three = Statement<Void>("a.three", "SELECT 3")
            static let four = Statement<Row>("a.four", "SELECT 4", Row.init)
            func first(_ statement: Statement<Row, repeat each Parameter>) {}
            let x: PreparedStatement<Row>("a.five", "SELECT 5")
            """)
        #expect(found.map(\.name) == ["a.one", "a.two", "a.four"])
        #expect(found.map(\.parameters) == [["AccountID", "[String]", "Timestamp?"], ["Set<Int>"], []])
        #expect(found[1].sql.contains("FROM two"))
        #expect(found[2].sql == "SELECT 4")
    }

    @Test(arguments: [
        #"let a = Statement<Row>(name, "SELECT 1")"#,
        #"let a = Statement<Row>("a", sql)"#,
        #"let a = Statement<Row>("a", "SELECT '\t'")"#,
        "import Postgres\nlet a: Statement<Row> = Statement(\"a\", \"SELECT 1\")",
    ])
    func whatCannotBeReadIsRefused(_ text: String) {
        #expect(throws: DeclaredStatement.Unreadable.self) { try read(text) }
    }

    @Test func parametersHaveTheTypesOfTheServer() {
        let types = ["String?", "[String]", "[UInt8]", "[UUIDv7]", "SessionID?", "JSONBytes", "Mystery"]
        #expect(
            types.map { PlanRules.postgresType(of: $0) ?? "?" } == [
                "text", "text[]", "bytea", "uuid[]", "uuid", "jsonb", "?",
            ])
    }
}
