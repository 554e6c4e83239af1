import Postgres
import Primitives
import TestKit
import Testing

@Suite struct PipelineTests {
    private static let echo = Statement<Int, Int>("t.echo", "SELECT $1")
    private static let divide = Statement<Int, Int>("t.divide", "SELECT 100 / $1")
    private static let insert = Statement<Void, Int>("t.insert", "INSERT INTO things (id) VALUES ($1)")
    private static let count = Statement<Int>("t.count", "SELECT count(*) FROM things")
    private static let sleep = Statement<Bool, Double>("t.sleep", "SELECT pg_sleep($1) IS NOT NULL")
    private static let lock = Statement<Bool>("t.lock", "SELECT pg_advisory_xact_lock(1) IS NOT NULL")

    /// Runs `body` while statements that lock wait on the server.
    private func holdingLock(_ database: Database, _ body: () async throws -> Void) async throws {
        try await database.transaction { transaction in
            _ = try await transaction.one(Self.lock)
            try await body()
        }
    }

    @Test func aThousandStatementsAtOnceGetTheirOwnAnswers() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.open(adjust(connections: 2)) { database in
                let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 1...1000 {
                        group.addTask {
                            let answer = try await database.one(Self.echo, number)
                            #expect(answer == number)
                            return answer
                        }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(sum == 500_500)
                // The driver publishes its statistics at the end of its turn, after the answers.
                try await eventually {
                    database.statistics.statements >= 1000 && database.statistics.statementsInFlight == 0
                }
            }
        }
    }

    /// Statements that wait for a lock stay on the shared connection, however long a busy machine takes.
    private func staying(_ configuration: inout PostgresConfiguration) {
        configuration.sharedLockWait = .zero
        configuration.statementTimeout = .seconds(60)
    }

    private func adjust(connections: Int) -> (inout PostgresConfiguration) -> Void {
        { $0.sharedConnections = connections }
    }

    @Test func anErrorLeavesItsNeighboursAlone() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE TABLE things (id bigint PRIMARY KEY)")
            try await test.open { database in
                let failures = await withTaskGroup(of: Bool.self) { group in
                    for number in 0..<400 {
                        group.addTask {
                            do {
                                if number % 4 == 0 { _ = try await database.one(Self.divide, 0) }
                                try await database.execute(Self.insert, number)
                                return false
                            } catch let error as PostgresFailure {
                                #expect(error.sqlState == SQLState("22012"))
                                return true
                            } catch {
                                Issue.record(error)
                                return true
                            }
                        }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(failures == 100)
                let count = try await database.one(Self.count)
                #expect(count == 300)
            }
        }
    }

    @Test func aRefusalNamesTheConstraintAndHidesTheValue() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE TABLE things (id bigint CONSTRAINT one_of_each PRIMARY KEY)")
            try await test.open { database in
                let affected = try await database.execute(Self.insert, 4711)
                #expect(affected == 1)
                do {
                    try await database.execute(Self.insert, 4711)
                    Issue.record("a duplicate was taken")
                } catch let error as PostgresFailure {
                    #expect(error.violates("one_of_each"))
                    #expect(error.sqlState == .uniqueViolation)
                    #expect(!error.isSafeToRetry)
                    #expect(error.statement == "t.insert")
                    #expect(!error.description.contains("4711"))
                    #expect(error.privateDetail.contains("4711"))
                    guard case .server(let server) = error.kind else { throw error }
                    #expect(server.table == "things")
                }
            }
        }
    }

    @Test func aStatementThatCannotBePreparedYetIsPreparedLater() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.open { database in
                for _ in 0..<3 {
                    do {
                        _ = try await database.one(Self.count)
                        Issue.record("there is no table yet")
                    } catch let error as PostgresFailure {
                        #expect(error.sqlState == .undefinedTable)
                    }
                }
                try await test.administer("CREATE TABLE things (id bigint)")
                let count = try await database.one(Self.count)
                #expect(count == 0)
            }
        }
    }

    @Test func aForgottenOrStalePlanIsMadeAgainUnseen() async throws {
        let deallocate = Statement<Void>("t.deallocate", "DEALLOCATE ALL")
        let note = Statement<String>("t.note", "SELECT note FROM things LIMIT 1")
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE TABLE things (id bigint, note text); INSERT INTO things VALUES (1, 'a')")
            try await test.open { database in
                _ = try await database.one(Self.echo, 1)
                try await database.execute(deallocate)
                let again = try await database.one(Self.echo, 2)
                #expect(again == 2)
                _ = try await database.one(note)
                try await test.administer("ALTER TABLE things ALTER note TYPE varchar(9)")
                let widened = try await database.one(note)
                #expect(widened == "a")
            }
        }
    }

    @Test func aCancelledTaskReturnsAtOnceAndHurtsNobody() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.open(staying) { database in
                var abandoned: Task<Bool, any Error>?
                var behind: Task<Int, any Error>?
                try await holdingLock(database) {
                    let slow = Task { try await database.one(Self.lock) }
                    abandoned = slow
                    try await eventually { database.statistics.statementsInFlight == 1 }
                    behind = Task { try await database.one(Self.echo, 5) }
                    try await eventually { database.statistics.statementsInFlight == 2 }
                    slow.cancel()
                    let outcome = await slow.result
                    #expect(throws: PostgresFailure.self) { try outcome.get() }
                    // Still waiting on the server: it was abandoned, not cancelled.
                    #expect(database.statistics.statementsInFlight == 2)
                }
                #expect(abandoned?.isCancelled == true)
                let answer = try await behind?.value
                #expect(answer == 5)
            }
        }
    }

    @Test func theStatementTimeoutEndsAStatement() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.open({ $0.statementTimeout = .seconds(1) }) { database in
                do {
                    _ = try await database.one(Self.sleep, 30)
                    Issue.record("it outlived its timeout")
                } catch let error as PostgresFailure {
                    #expect(error.sqlState == .queryCancelled)
                }
                let next = try await database.one(Self.echo, 1)
                #expect(next == 1)
            }
        }
    }

    @Test func tooManyWaitersAreRefusedUnsent() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.open({
                staying(&$0)
                $0.pipelineDepthMax = 1
                $0.waitingStatementsMax = 2
            }) { database in
                // Connected, so that one of the ten is sent and two wait.
                try await database.ping()
                let refused = Collected<PostgresFailure.Kind>()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    try await holdingLock(database) {
                        for _ in 0..<10 {
                            group.addTask {
                                do {
                                    _ = try await database.one(Self.lock)
                                } catch let error as PostgresFailure {
                                    #expect(error.isSafeToRetry)
                                    refused.append(error.kind)
                                }
                            }
                        }
                        try await eventually { refused.all.count == 7 }
                        #expect(database.statistics.statementsInFlight == 1)
                        #expect(database.statistics.statementsWaiting == 2)
                    }
                    try await group.waitForAll()
                }
                #expect(refused.all.allSatisfy { $0 == .tooManyWaiters })
                #expect(refused.all.count == 7)
            }
        }
    }

    @Test func parametersHaveALimit() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.open({ $0.parameterBytesMax = 100 }) { database in
                let length = Statement<Int32, String>("t.length", "SELECT length($1)")
                let fits = try await database.one(length, String(repeating: "x", count: 100))
                #expect(fits == 100)
                do {
                    _ = try await database.one(length, String(repeating: "x", count: 101))
                    Issue.record("it was sent")
                } catch let error as PostgresFailure {
                    #expect(error.kind == .parametersTooLarge)
                }
            }
        }
    }

    @Test func resultsLargerThanTheSocketsBuffersArrive() async throws {
        let big = Statement<String, Int32>("t.big", "SELECT repeat('x', $1)")
        let echo = Statement<[UInt8], [UInt8]>("t.echo-bytes", "SELECT $1")
        try await TestPostgres.withDatabase { test in
            try await test.open { database in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for size in 1...8 {
                        group.addTask {
                            let text = try await database.one(big, Int32(size * 500_000))
                            #expect(text.utf8.count == size * 500_000)
                            let bytes = [UInt8](repeating: UInt8(size), count: size * 400_000)
                            let same = try await database.one(echo, bytes)
                            #expect(same == bytes)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func aStatementThatWaitsForALockHoldsNoOtherUp() async throws {
        let change = Statement<Void, Int>("t.change", "UPDATE things SET id = $1 WHERE id = 1")
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE TABLE things (id bigint PRIMARY KEY); INSERT INTO things VALUES (1)")
            try await test.open(adjust(connections: 1)) { database in
                try await database.transaction { transaction in
                    #expect(try await transaction.execute(change, 1) == 1)
                    // Waits for the transaction's row, more than once as long as it may on the shared connection.
                    async let changed = database.execute(change, 2)
                    try await eventually { database.statistics.leasesInUse == 2 }
                    #expect(try await database.one(Self.echo, 7) == 7)
                    try await transaction.run(script: "COMMIT; BEGIN", name: "end early")
                    #expect(try await changed == 1)
                }
            }
        }
    }
}
