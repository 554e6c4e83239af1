import Foundation
import Primitives
import TestKit

/// The real processes under writes, and one of them killed again and again.
struct ChaosRun {
    struct Settings: Sendable {
        var strikes: Int
        var seed: UInt64
        var authors = 4
        /// How long the suite may take to acknowledge a write again.
        var patience: Duration = .seconds(30)
    }

    /// What became of it.
    struct Outcome: Sendable {
        var strikes: [Victim: Int] = [:]
        /// From the moment that the victim was started again to acknowledged writes and readiness of every part.
        var slowestHeal: (victim: Victim, took: Duration)?
        /// What did not come back within the patience.
        var stuckAfter: [Victim] = []
        var acknowledged = Acknowledged.Facts()
    }

    let settings: Settings
    let suite: SuiteUnderTest
    private let acknowledged = Acknowledged()

    init(_ settings: Settings) async throws {
        self.settings = settings
        var options = SuiteUnderTest.Options(.fourProcesses)
        options.ownsPostgres = true
        options.redisKeepsData = true
        options.settings = ["CAUSEWAY_LOG_LEVEL": "info"]
        suite = try await SuiteUnderTest.start(options)
    }

    /// Strikes as often as it is told, then lets the clients finish and everything behind them settle.
    func run() async throws -> Outcome {
        var outcome = Outcome()
        var generator = SeededGenerator(seed: settings.seed)
        let clients = try await startClients()
        let listening = Task { for await line in clients.lines { acknowledged.take(line) } }
        try await settle(atLeast: 1)
        for _ in 0..<settings.strikes {
            let victim = Victim.allCases.randomElement(using: &generator) ?? .content
            // The work of a strike is to come at any moment of what the suite does.
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...250, using: &generator)))
            outcome.strikes[victim, default: 0] += 1
            try await victim.strike(suite)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...150, using: &generator)))
            try await victim.revive(suite)
            try await heal(victim, &outcome)
        }
        for part in suite.options.mode.parts { try await suite.waitUntilReady(part) }
        clients.endInput()
        await clients.wait()
        await listening.value
        outcome.acknowledged = acknowledged.facts
        return outcome
    }

    private func startClients() async throws -> ChildProcess {
        var authors: [String] = []
        for index in 0..<settings.authors {
            let person = try await suite.newPerson("chaos-author", displayName: "Author \(index)")
            authors.append(#"{"email":"\#(person.email)","token":"\#(person.accessToken)"}"#)
        }
        let clients = try ChildProcess(
            [
                ChildProcess.python, "-u", Repository.path("Tests/ChaosTests/Clients/writers.py"), suite.gateway.base,
                suite.certificate, "http://127.0.0.1:\(suite.ports.mailPage)",
            ],
            errors: suite.folder + "/clients.errors")
        clients.write("{\"authors\":[\(authors.joined(separator: ","))]}\n")
        return clients
    }

    /// Waits until writes are acknowledged again and every part says that it is ready.
    private func heal(_ victim: Victim, _ outcome: inout Outcome) async throws {
        let start = ContinuousClock.now
        do {
            try await settle(atLeast: acknowledged.count + settings.authors)
            for part in suite.options.mode.parts {
                try await eventually(patience: settings.patience) { await suite.isReady(part) }
            }
        } catch is NeverCame {
            outcome.stuckAfter.append(victim)
        }
        let took = ContinuousClock.now - start
        print("chaos: \(victim.rawValue), whole again after \(took.formatted(.units(allowed: [.milliseconds])))")
        if took > outcome.slowestHeal?.took ?? .zero { outcome.slowestHeal = (victim, took) }
    }

    private func settle(atLeast count: Int) async throws {
        try await eventually(patience: settings.patience) {
            if acknowledged.count >= count { return true }
            try await Task.sleep(for: .milliseconds(5))
            return false
        }
    }
}
