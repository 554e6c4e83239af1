import Foundation
import TestKit
import Testing

/// `make chaos` strikes some hundred times, `make test` a few: `CAUSEWAY_CHAOS_STRIKES`, `CAUSEWAY_CHAOS_SEED`.
@Suite("Killed anywhere", .serialized)
struct ChaosTests {
    private static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }

    @Test("Every acknowledged write is there once, every effect happened once, and the suite heals by itself")
    func killedAnywhere() async throws {
        let seed = UInt64(Self.number("CAUSEWAY_CHAOS_SEED") ?? Int(UInt16.random(in: 1...9999)))
        let run = try await ChaosRun(.init(strikes: Self.number("CAUSEWAY_CHAOS_STRIKES") ?? 8, seed: seed))
        let outcome = try await run.run()
        print(Self.report(outcome, seed: seed))
        let evidence = Evidence(suite: run.suite)
        try await evidence.waitUntilSettled()

        let facts = outcome.acknowledged
        #expect(outcome.stuckAfter.isEmpty, "seed \(seed)")
        #expect(facts.wrong.isEmpty, "seed \(seed)")
        #expect(facts.count > 0)
        try await Self.expectArticles(facts, evidence, seed)
        try await Self.expectEffects(facts, evidence, seed)
        for part in run.suite.options.mode.parts { #expect(run.suite.errors(part) == "", "seed \(seed)") }
        await run.suite.stop()
    }

    private static func expectArticles(_ facts: Acknowledged.Facts, _ evidence: Evidence, _ seed: UInt64) async throws {
        let stored = try await evidence.articles()
        #expect(stored.values.allSatisfy { $0.count == 1 }, "a draft was made twice; seed \(seed)")
        let lost = facts.articles.filter { stored[$0.title]?.id != $0.id }
        #expect(lost.isEmpty, "acknowledged and gone; seed \(seed)")
        let bodies = Dictionary(stored.values.map { ($0.id, $0.body) }) { first, _ in first }
        let words = facts.tokens.map { written in
            bodies[written.article]?.split(separator: " ").filter { $0 == written.token }.count
        }
        #expect(words.allSatisfy { $0 == 1 }, "an update was lost or done twice; seed \(seed)")
        let published = try await evidence.published()
        #expect(facts.published.allSatisfy { published.contains($0) }, "seed \(seed)")
    }

    private static func expectEffects(_ facts: Acknowledged.Facts, _ evidence: Evidence, _ seed: UInt64) async throws {
        let names = try await evidence.names()
        for (account, written) in facts.names {
            let stored = names[account]
            #expect(stored?.profile == written.name, "seed \(seed)")
            #expect(stored?.author == stored?.profile, "an author's name did not follow; seed \(seed)")
        }
        let verified = try await evidence.verifiedAddresses()
        #expect(facts.accounts.allSatisfy { verified.contains($0) }, "an account was lost; seed \(seed)")
        #expect(try await evidence.accountsWithoutProfile() == [], "seed \(seed)")
        for schema in ["users", "content"] {
            #expect(try await evidence.count("SELECT count(*) FROM \(schema).inbox WHERE state = 'dead'") == 0)
        }
        for schema in ["auth", "content"] {
            #expect(try await evidence.count("SELECT count(*) FROM \(schema).jobs WHERE status = 'dead'") == 0)
        }
    }

    private static func report(_ outcome: ChaosRun.Outcome, seed: UInt64) -> String {
        let strikes = outcome.strikes.sorted { $0.key.rawValue < $1.key.rawValue }
        let facts = outcome.acknowledged
        let heal = outcome.slowestHeal.map { "\($0.took) after \($0.victim.rawValue)" } ?? "none"
        return """
            chaos: seed \(seed), \(outcome.strikes.values.reduce(0, +)) strikes \
            (\(strikes.map { "\($0.key.rawValue) \($0.value)" }.joined(separator: ", "))); \
            \(facts.requests) requests, \(facts.retries) retries; acknowledged: \(facts.articles.count) drafts, \
            \(facts.tokens.count) updates, \(facts.published.count) publications, \(facts.accounts.count) accounts, \
            names of \(facts.names.count) people; slowest heal \(heal)
            """
    }
}
