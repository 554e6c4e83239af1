import Foundation
import JSON
import TestKit
import Testing

extension FaultTests {
    /// Events are kept where the change was made until every service has them.
    @Suite("Accounts are followed whatever fails between the services")
    struct Accounts {
        @Test("Redis is emptied again and again while accounts change")
        func emptied() async throws {
            let suite = try await FaultTests.suite()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for _ in 0..<60 {
                        _ = try await ChildProcess.run(["redis-cli", "-p", String(suite.redis.port), "FLUSHALL"])
                        try await Task.sleep(for: .milliseconds(100))
                    }
                }
                for number in 0..<3 {
                    group.addTask { try await wholeLife(in: suite, name: "Emptied \(number)") }
                }
                try await group.waitForAll()
            }
            suite.expectUnharmed()
        }

        private func wholeLife(in suite: SuiteUnderTest, name: String) async throws {
            let life = try await AccountLife(in: suite, named: name)
            try await life.rename("\(name) Renamed")
            try await life.isCalled("\(name) Renamed")
            try await life.disable()
            try await life.isHidden()
            try await life.enable()
            try await life.isVisible()
            try await life.erase()
            try await life.isHidden()
        }

        @Test("What happens while Redis is away is heard when it is back, with nothing of what it held")
        func away() async throws {
            let suite = try await FaultTests.suite()
            let (renamed, disabled) = (try await AccountLife(in: suite), try await AccountLife(in: suite))
            let erased = try await AccountLife(in: suite)
            suite.redis.stop()
            let outcome = await Result {
                try await renamed.rename("Renamed without Redis")
                try await disabled.disable()
                try await erased.erase()
            }
            try suite.redis.start()
            try outcome.get()
            try await renamed.isCalled("Renamed without Redis")
            try await disabled.isHidden()
            try await erased.isHidden()
            try await disabled.enable()
            try await disabled.isVisible()
            suite.expectUnharmed()
        }

        @Test("What happens while a service is down is done when it is back", arguments: [SIGTERM, SIGKILL])
        func down(signal: Int32) async throws {
            let suite = try await FaultTests.suite()
            let (disabled, erased) = (try await AccountLife(in: suite), try await AccountLife(in: suite))
            await suite.stop(.user, signal: signal)
            await suite.stop(.content, signal: signal)
            let outcome = await Result {
                try await disabled.disable()
                try await erased.erase()
                try await disabled.enable()
                try await disabled.disable()
            }
            try await suite.start(.user)
            try await suite.start(.content)
            try outcome.get()
            for life in [disabled, erased] { try await life.isHidden() }
            try await disabled.enable()
            try await disabled.isVisible()
            // The service that tells is killed right after it has promised to.
            try await disabled.disable()
            await suite.kill(.auth)
            try await suite.start(.auth)
            try await disabled.isHidden()
            suite.expectUnharmed()
        }
    }
}
