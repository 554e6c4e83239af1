import Postgres
import Testing

/// The migrations of the suite as they stand.
@Suite("Migrations")
struct MigrationTests {
    @Test("None hurts a suite that serves meanwhile, or it says why it may", arguments: SeededSuite.schemas)
    func lint(_ schema: String) {
        let migrations = SeededSuite.migrations.first { $0.schema == schema }?.migrations ?? []
        #expect(!migrations.isEmpty)
        for finding in MigrationLint.findings(in: migrations) where finding.reason == nil {
            Issue.record("\(schema): \(finding). Or say above it: -- lint: allow \(finding.rule.rawValue): <reason>")
        }
    }
}
