import Ledger
import Postgres
import Synchronization
import TestKit
import Testing

@Suite struct LeadershipTests {
    /// Who leads now, and how many ever led at the same time.
    private final class Throne: Sendable {
        private let state = Mutex((leaders: [Int](), mostAtOnce: 0, reigns: 0))

        func hold(_ number: Int) async {
            state.withLock {
                $0.leaders.append(number)
                $0.mostAtOnce = max($0.mostAtOnce, $0.leaders.count)
                $0.reigns += 1
            }
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
            state.withLock { $0.leaders.removeAll { $0 == number } }
        }

        var leader: Int? { state.withLock { $0.leaders.first } }
        var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }
        var reigns: Int { state.withLock { $0.reigns } }
    }

    private static let endLeadersSession = Statement<Int>(
        "test.end-leader",
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_locks
        WHERE locktype = 'advisory' AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """)

    @Test func oneLeadsUntilItEndsAndThenAnother() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.open { first in
                try await test.open { second in
                    let throne = Throne()
                    let one = Task { await Self.leadership(first).run { await throne.hold(1) } }
                    try await eventually { throne.leader == 1 }
                    let two = Task { await Self.leadership(second).run { await throne.hold(2) } }
                    one.cancel()
                    await one.value
                    try await eventually { throne.leader == 2 }
                    two.cancel()
                    await two.value
                    #expect(throne.mostAtOnce == 1 && throne.reigns == 2)
                }
            }
        }
    }

    @Test func whoseConnectionIsLostLeadsNoMore() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.open { database in
                let throne = Throne()
                let leading = Task { await Self.leadership(database).run { await throne.hold(1) } }
                try await eventually { throne.leader == 1 }
                #expect(try await database.one(Self.endLeadersSession) == 1)
                // It notices by its heartbeat, ends its work and leads again by a new session.
                try await eventually { throne.reigns >= 2 && throne.leader == 1 }
                leading.cancel()
                await leading.value
            }
        }
    }

    @Test func theLockEndsWithTheWork() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.open { database in
                for round in 0..<3 {
                    try await eventually {
                        try await database.holding(lock: "x") {
                            // Nobody else gets it meanwhile; another is free, unless its session is just ending.
                            let isGiven = try? await database.holding(lock: "x") {}
                            let isFree = try? await database.holding(lock: "y\(round)") {}
                            // On a machine that stood still for long the lead is lost, and the work ended.
                            #expect(isGiven == false && isFree == true || Task.isCancelled)
                        }
                    }
                }
            }
        }
    }

    private static func leadership(_ database: Database) -> Leadership {
        // The server ends a session after three heartbeats, which must not come of a busy machine.
        Leadership(database, of: "work", interval: .milliseconds(20), heartbeat: .seconds(1))
    }
}
