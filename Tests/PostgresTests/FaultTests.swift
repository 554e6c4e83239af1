import Postgres
import Primitives
import TestKit
import Testing

@Suite struct FaultTests {
    private static let echo = Statement<Int, Int>("t.echo", "SELECT $1")
    private static let sleep = Statement<Bool, Double>("t.sleep", "SELECT pg_sleep($1) IS NOT NULL")
    private static let backend = Statement<Int32>("t.backend", "SELECT pg_backend_pid()")

    /// Ends the backends of everybody else in this database.
    private static let terminate = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        """

    @Test func aLostConnectionFailsWhatWasSentAndComesBack() async throws {
        try await TestPostgres.withDatabase { test in
            let lost = Collected<Void>()
            try await test.open(observe: { observation in
                if case .connectionLost = observation { lost.append(()) }
            }) { database in
                let before = try await database.one(Self.backend)
                let running = Task { try await database.one(Self.sleep, 600) }
                try await eventually { database.statistics.statementsInFlight == 1 }
                try await test.administer(Self.terminate)
                do {
                    _ = try await running.value
                    Issue.record("it slept on")
                } catch let failure as PostgresFailure {
                    #expect(failure.kind == .connectionLost)
                    #expect(!failure.isSafeToRetry)
                }
                // Waits for the new connection, then prepares again.
                let after = try await database.one(Self.backend)
                #expect(before != after)
                #expect(lost.all.count == 1)
                #expect(database.statistics.connects == 2)
            }
        }
    }

    @Test func aTransactionThatLosesItsConnectionIsSafeToRetry() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.open { database in
                do {
                    try await database.transaction { transaction in
                        _ = try await transaction.one(Self.backend)
                        try await test.administer(Self.terminate)
                        _ = try await transaction.one(Self.backend)
                    }
                    Issue.record("it went on")
                } catch let failure as PostgresFailure {
                    #expect(failure.kind == .connectionLost)
                    #expect(failure.isSafeToRetry)
                }
                let answer = try await database.transaction { try await $0.one(Self.echo, 9) }
                #expect(answer == 9)
            }
        }
    }

    @Test func aDatabaseThatIsAwayFailsSoonAndWorksOnceItIsThere() async throws {
        let server = try TestPostgres()
        let name = TestPostgres.uniqueName()
        var configuration = server.configuration(database: name)
        configuration.unavailableWait = .milliseconds(100)
        configuration.reconnectDelayMax = .milliseconds(100)
        let database = Database(configuration)
        for _ in 0..<3 {
            do {
                _ = try await database.one(Self.echo, 1)
                Issue.record("there is no database yet")
            } catch {
                #expect(error.kind == .unavailable)
                #expect(error.isSafeToRetry)
            }
        }
        do {
            try await database.transaction { _ = try await $0.one(Self.echo, 1) }
            Issue.record("there is no database yet")
        } catch let failure as PostgresFailure {
            #expect(failure.kind == .unavailable)
            #expect(failure.isSafeToRetry)
        }
        try await eventually { database.statistics.connectFailures > 0 }
        try await server.administer("CREATE DATABASE \(name)")
        try await eventually { database.statistics.sharedConnectionsUp == 1 }
        let answer = try await database.one(Self.echo, 1)
        #expect(answer == 1)
        // The pause between attempts to connect may not be over yet.
        try await eventually { (try? await database.transaction { try await $0.one(Self.echo, 2) }) == 2 }
        await database.close()
        try await server.drop(name)
    }

    @Test func aServerThatNeverAnswersCountsAsAway() async throws {
        // Nothing accepts from this socket's backlog: connecting works, and then nothing comes.
        let listener = try SilentListener()
        var configuration = PostgresConfiguration(
            host: "127.0.0.1", port: listener.port, database: "none", user: "nobody")
        configuration.connectTimeout = .milliseconds(100)
        configuration.unavailableWait = .milliseconds(50)
        let database = Database(configuration)
        do {
            try await database.ping()
            Issue.record("nobody can have answered")
        } catch {
            #expect(error.kind == .unavailable)
        }
        try await eventually { database.statistics.connectFailures >= 2 }
        await database.close()
    }

    @Test func closingAnswersWhatRunsAndRefusesWhatComes() async throws {
        try await TestPostgres.withDatabase { test in
            // What waits for the lock stays on the shared connection, however long a busy machine takes.
            var configuration = test.configuration()
            configuration.sharedLockWait = .zero
            let database = Database(configuration)
            let lock = Statement<Bool>("t.lock", "SELECT pg_advisory_xact_lock(1) IS NOT NULL")
            let holder = Database(test.configuration())
            let running = try await holder.transaction { transaction in
                _ = try await transaction.one(lock)
                let running = Task { try await database.one(lock) }
                try await eventually { database.statistics.statementsInFlight == 1 }
                return running
            }
            await database.close()
            let answered = try await running.value
            #expect(answered)
            await holder.close()
            do {
                _ = try await database.one(Self.echo, 1)
                Issue.record("it is closed")
            } catch let error as PostgresFailure {
                #expect(error.kind == .closed)
            }
            await database.close()
        }
    }

    @Test func databasesMayShareADriver() async throws {
        try await TestPostgres.withDatabase { test in
            let driver = PostgresDriver()
            let one = Database(test.configuration(), driver: driver)
            let other = Database(test.configuration(), driver: driver)
            let first = try await one.one(Self.backend)
            let second = try await other.one(Self.backend)
            #expect(first != second)
            await one.close()
            let still = try await other.one(Self.echo, 3)
            #expect(still == 3)
            await other.close()
        }
    }

    @Test func sessionsAreSetUpAsConfigured() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.administer(#"CREATE SCHEMA "a b\c""#)
            try await test.open(schema: #"a b\c"#, { $0.planCacheMode = .forceGenericPlan }) { database in
                let settings = Statement<[String]>(
                    "t.settings",
                    """
                    SELECT ARRAY[current_schema()::text, current_setting('TimeZone'),
                        current_setting('statement_timeout'), current_setting('plan_cache_mode'),
                        current_setting('application_name'), current_setting('client_encoding')]
                    """)
                let found = try await database.one(settings)
                #expect(found == [#"a b\c"#, "UTC", "20s", "force_generic_plan", "causeway-tests", "UTF8"])
            }
        }
    }

    @Test func notificationsComeAndComeAgainAfterALoss() async throws {
        let notify = Statement<Bool, String>("t.notify", "SELECT pg_notify('Jobs due', $1) IS NOT NULL")
        try await TestPostgres.withDatabase { test in
            try await test.open { database in
                var events = database.notifications(on: "Jobs due").makeAsyncIterator()
                let first = await events.next()
                #expect(first == .listening)
                _ = try await database.one(notify, "one")
                let second = await events.next()
                #expect(second == .notified(payload: "one"))
                try await test.administer(Self.terminate)
                let third = await events.next()
                #expect(third == .listening)
                _ = try await database.one(notify, "two")
                let fourth = await events.next()
                #expect(fourth == .notified(payload: "two"))
            }
        }
    }
}
