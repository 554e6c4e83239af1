import Contract
import Protocol
import TestKit
import Testing

/// What each operation may ask of PostgreSQL. The golden file names the statements of its costliest call; a difference
/// is a round trip more or less for everyone who calls it.
@Suite("Query budget")
struct QueryBudgetGoldenTests {
    /// What no operation goes beyond, whatever the golden file says; `BEGIN` and `COMMIT` come on top.
    private static func statementsMax(_ operation: EndpointDescription) -> Int { operation.method == .get ? 5 : 12 }

    @Test func everyOperationKeepsItsBudget() async throws {
        let declared = Set(try DeclaredStatement.all().map(\.name))
        try await MeteredSuite.with { suite in
            try await BudgetWalk(suite: suite).walk()
            var lines: [String] = []
            for description in Suite.descriptions.sorted(by: { $0.operationID < $1.operationID }) {
                let operation = description.operationID
                guard let statements = suite.meter[operation] else {
                    Issue.record("\(operation) is not measured: call it in BudgetWalk, in its costliest ways")
                    continue
                }
                let unread = statements.filter { !declared.contains($0) }
                #expect(unread.isEmpty, "\(operation) runs statements that the source does not show: \(unread)")
                #expect(
                    statements.count <= Self.statementsMax(description),
                    "\(operation) runs \(statements.count) statements: \(statements.joined(separator: ", "))")
                lines.append(([operation, "\(statements.count)"] + statements).joined(separator: " "))
            }
            let difference = try GoldenFile("query-budget.txt", beside: #filePath)
                .difference(from: lines.map { $0 + "\n" }.joined())
            #expect(difference == nil, "\(difference ?? "")")
        }
    }
}
