internal import Contract
internal import Postgres
internal import Primitives

/// Demonstration accounts, whose passwords everyone knows.
struct DemoAccountStore: Sendable {
    /// The addresses of those that can sign in.
    func active(in database: Database) async throws(PostgresFailure) -> [String] {
        try await database.all(Self.activeStatement, DemoAccount.all.map(\.id))
    }

    private static let activeStatement = Statement<String, [AccountID]>(
        "auth.active-demo-accounts",
        "SELECT email FROM auth.accounts WHERE id = ANY($1) AND status = 'active' ORDER BY email LIMIT 100")
}
