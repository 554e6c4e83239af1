import Postgres
import Primitives
import TestKit
import Testing

@Suite("What a call asks of the database")
struct CallMeterTests {
    private static let one = Statement<Int32>("test.one", "SELECT 1")
    private static let nap = Statement<Void>("test.nap", "SELECT pg_sleep(0.05)")

    @Test("Statements are counted, those that begin and end transactions are not, and children count for their call")
    func counts() async throws {
        try await TestPostgres.withDatabase { testDatabase in
            try await testDatabase.open { database in
                let meter = CallMeter()
                try await CallMeter.$current.withValue(meter) {
                    _ = try await database.one(Self.one)
                    try await database.execute(Self.nap)
                    try await database.transaction { transaction in
                        for _ in 0..<3 { _ = try await transaction.one(Self.one) }
                    }
                    async let left = database.one(Self.one)
                    async let right = database.one(Self.one)
                    _ = try await (left, right)
                }
                #expect(meter.statements == 7)
                #expect(meter.databaseTime >= .milliseconds(50))
                #expect(meter.connectionWait > .zero)
                _ = try await database.one(Self.one)
                #expect(meter.statements == 7, "work of no call is not counted")
            }
        }
    }

    @Test("The wait for a connection that others hold is told apart from the work")
    func waits() async throws {
        try await TestPostgres.withDatabase { testDatabase in
            try await testDatabase.open({ $0.leasedConnectionsMax = 1 }) { database in
                let meter = CallMeter()
                async let first: Void = database.transaction { transaction in
                    _ = try await transaction.one(Self.one)
                    try await eventually { database.statistics.leasesWaiting == 1 }
                    try await transaction.execute(Self.nap)
                }
                try await eventually { database.statistics.leasesInUse == 1 }
                try await CallMeter.$current.withValue(meter) {
                    try await database.transaction { _ = try await $0.one(Self.one) }
                }
                try await first
                #expect(meter.statements == 1)
                #expect(meter.connectionWait >= .milliseconds(50))
            }
        }
    }
}
