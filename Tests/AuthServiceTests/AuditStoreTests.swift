import AuthService
import Contract
import Cryptography
import JSON
import Outbound
import Postgres
import Primitives
import Protocol
import TestKit
import Testing

@Suite struct AuditStoreTests {
    private static let rows = Statement<Int>("test.audit", "SELECT count(*) FROM auth.audit")

    @Test func theChainHoldsUnderConcurrencyAndShowsChanges() async throws {
        try await AuthHarness.run { auth in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask { _ = try await auth.login("user\(number % 10)@example.com") }
                }
                try await group.waitForAll()
            }
            let tail = try await AuthService.verifyAudit(auth.database)
            #expect(try await auth.count(Self.rows) == tail.sequence)
            #expect(tail.sequence >= 30)

            try await auth.testDatabase.administer("UPDATE auth.audit SET outcome = 'success' WHERE sequence = 7")
            await #expect(throws: AuditChain.Fault.altered(at: 7)) { try await AuthService.verifyAudit(auth.database) }
            try await auth.testDatabase.administer("DELETE FROM auth.audit WHERE sequence = 7")
            await #expect(throws: AuditChain.Fault.gap(after: 6)) { try await AuthService.verifyAudit(auth.database) }
            try await auth.testDatabase.administer("DELETE FROM auth.audit WHERE sequence >= 7")
            await #expect(throws: AuditChain.Fault.end(rows: 6, recorded: tail.sequence)) {
                try await AuthService.verifyAudit(auth.database)
            }
        }
    }

    @Test func theDataRoleAppendsAndChangesNothing() async throws {
        try await TestPostgres.withDatabase { testDatabase in
            let owner = TestPostgres.uniqueName("auth_owner")
            let data = TestPostgres.uniqueName("auth_app")
            let ownership = SchemaOwnership(schema: "auth", owner: .init(owner), data: .init(data))
            try await testDatabase.open { try await SchemaOwnership.establish([ownership], in: $0) }
            try await testDatabase.open(schema: "auth", { $0.user = owner }) { database in
                _ = try await Migrator(database, AuthService.migrations).migrate()
            }
            try await testDatabase.open(schema: "auth", { $0.user = data }) { database in
                let seed = AuthSeed(
                    database: database, secrets: AuthHarness.secrets(pepper: ["p1"]),
                    hasher: PasswordHasher(parameters: PasswordParameters(memoryKiB: 8, iterations: 1) ?? .standard))
                let added = try await seed.insert()
                #expect(added == DemoAccount.all.count)
                #expect(try await seed.insert() == 0)
                #expect(try await AuthService.verifyAudit(database).sequence == DemoAccount.all.count)
                let forbidden = [
                    Statement<Void>("test.update", "UPDATE auth.audit SET outcome = 'refused'"),
                    Statement<Void>("test.delete", "DELETE FROM auth.audit"),
                    Statement<Void>("test.truncate", "TRUNCATE auth.audit"),
                    Statement<Void>("test.partition", "DELETE FROM auth.audit_2026_11"),
                    Statement<Void>("test.default", "SELECT 1 FROM auth.audit_default"),
                    Statement<Void>("test.tail", "DELETE FROM auth.audit_tail"),
                    Statement<Void>("test.create", "CREATE TABLE auth.other (id int)"),
                ]
                for statement in forbidden {
                    let failure = await #expect(throws: PostgresFailure.self) { try await database.execute(statement) }
                    #expect(failure?.sqlState == .insufficientPrivilege)
                }
            }
            try await testDatabase.administer(
                "DROP OWNED BY \(data); DROP ROLE \(data); DROP OWNED BY \(owner) CASCADE; DROP ROLE \(owner);")
        }
    }

    @Test func demoAccountsSignIn() async throws {
        try await AuthHarness.run { auth in
            let seed = AuthSeed(
                database: auth.database, secrets: auth.secrets,
                hasher: PasswordHasher(parameters: PasswordParameters(memoryKiB: 8, iterations: 1) ?? .standard))
            _ = try await seed.insert()
            for person in DemoAccount.all {
                let account = try await auth.account(of: try await auth.login(person.email, person.password))
                #expect(account.id == person.id)
                #expect(account.roles == [person.role.rawValue])
            }
        }
    }
}
