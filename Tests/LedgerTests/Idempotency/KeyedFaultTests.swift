import Contract
import Ledger
import Postgres
import Primitives
import TestKit
import Testing

/// What becomes of a keyed call when the connection under it dies.
@Suite struct KeyedFaultTests {

    @Test func aConnectionThatDiesBeforeTheCommitLeavesNothing() async throws {
        try await NoteFixture.withNotes { (database, test) async throws in
            let gate = Gate()
            let notes = NoteFixture(database, within: { if $0 == "slow" { await gate.pass() } })
            async let doomed = notes.refusal(of: "slow", key: 1)
            try await eventually { gate.waiting == 1 }
            // Between statements: the transaction's connection waits for its client. Shared ones are idle, not in a
            // transaction.
            try await test.administer(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND state = 'idle in transaction'
                """)
            gate.open()
            #expect(await doomed.contains("connection was lost"))
            #expect(try await notes.notes() == [])
            #expect(try await notes.write("slow", key: 1).isReplay == false)
            #expect(try await notes.notes() == ["slow"])
        }
    }

    @Test func aCancelledCallLeavesNothingAndFreesItsKey() async throws {
        try await NoteFixture.withNotes { (database, _) async throws in
            let gate = Gate()
            let sleep = Statement<Void>("t.sleep", "SELECT pg_sleep(60)")
            let isFirst = Collected<Bool>()
            let notes = NoteFixture(
                database,
                within: { _ in
                    guard isFirst.all.isEmpty else { return }
                    isFirst.append(true)
                    gate.open()
                    try await database.transaction { _ = try await $0.execute(sleep) }
                })
            let call = Task { try await notes.write("a", key: 1) }
            await gate.pass()
            call.cancel()
            await #expect(throws: (any Error).self) { try await call.value }
            try await eventually { await notes.refusal(of: "a", key: 1) == "201" }
            #expect(try await notes.notes() == ["a"])
        }
    }

    /// The commit is done, and the connection dies before it can say so: on a server that waits for a standby that
    /// never comes, a commit is durable and unheard of for as long as the test likes.
    @Test func aCommitThatWasNotHeardOfIsFound() async throws {
        let server = try await TestPostgresServer.make()
        func configuration(_ database: String) -> PostgresConfiguration {
            PostgresConfiguration(
                host: server.sockets, port: UInt16(server.port), database: database, user: "postgres",
                schema: database == "notes" ? "content" : nil)
        }
        let admin = Database(configuration("postgres"))
        try await admin.run(script: "CREATE DATABASE notes", name: "test")
        let first = Database(configuration("notes"))
        try await first.run(script: "CREATE SCHEMA content", name: "test")
        _ = try await Migrator(first, NoteFixture.migrations).migrate()
        await first.close()
        for script in [
            "ALTER SYSTEM SET synchronous_commit = local", "ALTER DATABASE notes SET synchronous_commit = on",
            "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()",
        ] {
            try await admin.run(script: script, name: "test")
        }
        let setting = Statement<String>("t.setting", "SHOW synchronous_standby_names")
        try await eventually { try await admin.one(setting) == "nobody" }
        let database = Database(configuration("notes"))
        let notes = NoteFixture(database)

        async let unheard = notes.write("a", key: 1)
        let kill = Statement<Bool>(
            "t.kill-commit",
            """
            SELECT bool_or(pg_terminate_backend(pid)) IS TRUE FROM pg_stat_activity
            WHERE datname = 'notes' AND wait_event = 'SyncRep'
            """)
        try await eventually { try await admin.one(kill) }
        // The call itself finds out that it has worked.
        let answer = try await unheard
        #expect(answer.isReplay && answer.status == 201)
        let again = try await notes.write("a", key: 1)
        #expect(again.isReplay && again.essence == answer.essence)
        #expect(try await notes.notes() == ["a"])
        await database.close(grace: .zero)
        await admin.close()
        await server.stop()
    }
}
