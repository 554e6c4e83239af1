import Contract
import Ledger
import Postgres
import Primitives
import TestKit
import Testing

@Suite struct KeyedTests {
    @Test func theSameCallAgainGetsTheSameAnswerAndHasNoSecondEffect() async throws {
        try await NoteFixture.withNotes { (database, _) async throws in
            let notes = NoteFixture(database)
            let first = try await notes.write("a", key: 1)
            #expect(!first.isReplay)
            #expect(first.essence == #"201 ["etag: \"1\"", "location: /internal/notes/1"] {"number":1,"text":"a"}"#)
            for _ in 0..<3 {
                let again = try await notes.write("a", key: 1)
                #expect(again.isReplay && again.essence == first.essence && again.body == first.body)
            }
            #expect(try await notes.notes() == ["a"])
        }
    }

    @Test func withoutAKeyNothingIsKept() async throws {
        try await NoteFixture.withNotes { (database, _) async throws in
            let notes = NoteFixture(database)
            for _ in 0..<2 { #expect(try await notes.write("a", key: nil).isReplay == false) }
            #expect(try await notes.notes() == ["a", "a"])
            #expect(try await notes.keptAnswers() == 0)
        }
    }

    @Test func anotherCallWithTheKeyIsRefusedAndAnotherKeyIsAnotherCall() async throws {
        try await NoteFixture.withNotes { (database, _) async throws in
            let notes = NoteFixture(database)
            _ = try await notes.write("a", key: 1)
            #expect(await notes.refusal(of: "b", key: 1, fingerprint: 1) == "idempotency-key-reused")
            #expect(try await notes.write("b", key: 2, fingerprint: 1).isReplay == false)
            #expect(try await notes.notes() == ["a", "b"])
        }
    }

    @Test func aCallInFlightIsToldAndTheNextOneGetsItsAnswer() async throws {
        try await NoteFixture.withNotes { (database, _) async throws in
            let gate = Gate()
            let notes = NoteFixture(database, within: { if $0 == "slow" { await gate.pass() } })
            async let first = notes.write("slow", key: 1)
            try await eventually { gate.waiting == 1 }
            do {
                _ = try await notes.write("slow", key: 1)
                Issue.record("it was in flight")
            } catch let problem as Problem {
                #expect(problem.kind == .idempotencyInFlight && problem.retryAfter == .seconds(1))
            }
            // Another body is no better, and another key waits for nobody.
            #expect(await notes.refusal(of: "b", key: 1, fingerprint: 1) == "idempotency-in-flight")
            #expect(await notes.refusal(of: "b", key: 2) == "201")
            gate.open()
            let answer = try await first
            #expect(try await notes.write("slow", key: 1).essence == answer.essence)
            #expect(try await notes.notes().sorted() == ["b", "slow"])
        }
    }

    @Test func aFailureLeavesNothingAndIsJudgedAnew() async throws {
        let isRefused = Collected<Bool>()
        try await NoteFixture.withNotes { (database, _) async throws in
            let notes = NoteFixture(
                database,
                within: { _ in if isRefused.all.isEmpty { throw Rejection<WriteNote.Failure>(.refused) } })
            #expect(await notes.refusal(of: "a", key: 1) == "not-found")
            #expect(try await notes.notes() == [])
            #expect(try await notes.keptAnswers() == 0)
            isRefused.append(false)
            #expect(try await notes.write("a", key: 1).isReplay == false)
            #expect(try await notes.notes() == ["a"])
        }
    }

    @Test func anExpiredKeyIsANewOneAndItsAnswerIsPruned() async throws {
        try await NoteFixture.withNotes { (database, _) async throws in
            let notes = NoteFixture(database, lifetime: .zero)
            for key: UInt8 in [1, 1, 2] { #expect(try await notes.write("a", key: key).isReplay == false) }
            #expect(try await notes.notes() == ["a", "a", "a"])
            #expect(try await notes.keptAnswers() == 2)
            _ = try await NoteFixture(database).write("a", key: 3)
            #expect(try await IdempotencyLedger(database).prune() == 2)
            #expect(try await notes.keptAnswers() == 1)
        }
    }

    @Test func pruningGoesInBatches() async throws {
        let fill = Statement<Void>(
            "t.fill",
            """
            INSERT INTO idempotency_answers
            SELECT sha256(n::text::bytea), 'c', 'o', sha256('f'), 200, '{}', NULL, now(), now() - interval '1 s'
            FROM generate_series(1, 1203) AS n
            """)
        try await NoteFixture.withNotes { (database, _) async throws in
            try await database.execute(fill)
            #expect(try await IdempotencyLedger(database).prune() == 1203)
            #expect(try await NoteFixture(database).keptAnswers() == 0)
        }
    }

    @Test func anAnswerThatIsTooLargeLeavesNothing() async throws {
        try await NoteFixture.withNotes { (database, _) async throws in
            let notes = NoteFixture(database)
            let text = String(repeating: "x", count: IdempotencyLedger.answerBytesMax)
            #expect(await notes.refusal(of: text, key: 1).contains("answerTooLarge"))
            #expect(try await notes.notes() == [])
            #expect(try await notes.keptAnswers() == 0)
        }
    }

    /// Two calls that both looked before either had committed: the later one's effect is undone.
    @Test func anAnswerThatWasKeptMeanwhileIsFound() async throws {
        try await NoteFixture.withNotes { (database, _) async throws in
            let (gate, arrivals) = (Gate(), Collected<Int>())
            let notes = NoteFixture(
                database,
                before: { _ in
                    arrivals.append(1)
                    if arrivals.all.count == 1 { await gate.pass() }
                })
            async let late = notes.write("a", key: 1)
            try await eventually { gate.waiting == 1 }
            let first = try await notes.write("a", key: 1)
            gate.open()
            let answer = try await late
            #expect(answer.isReplay && answer.essence == first.essence)
            #expect(try await notes.notes() == ["a"])
        }
    }

    /// What the later one comes to find refused is the first one's own effect.
    @Test(arguments: [true, false])
    func aFailureThatTheFirstCausedIsNotTold(inPreparation: Bool) async throws {
        try await NoteFixture.withNotes { (database, _) async throws in
            let (gate, arrivals) = (Gate(), Collected<Int>())
            let count = Statement<Int>("t.count", "SELECT count(*) FROM notes WHERE text = 'a'")
            let refuse: @Sendable (String) async throws -> Void = { _ in
                if try await database.one(count) > 0 { throw Rejection<WriteNote.Failure>(.refused) }
            }
            let notes = NoteFixture(
                database,
                before: { text in
                    arrivals.append(1)
                    if arrivals.all.count == 1 { await gate.pass() }
                    if inPreparation { try await refuse(text) }
                },
                within: { if !inPreparation { try await refuse($0) } })
            async let late = notes.write("a", key: 1)
            try await eventually { gate.waiting == 1 }
            let first = try await notes.write("a", key: 1)
            gate.open()
            let answer = try await late
            #expect(answer.isReplay && answer.essence == first.essence)
            #expect(await notes.refusal(of: "a", key: 2) == "not-found")
            #expect(try await notes.notes() == ["a"])
        }
    }

    /// More calls than there are leases wait in their preparation, and hold none meanwhile.
    @Test func preparationHoldsNoConnection() async throws {
        try await NoteFixture.withNotes { (database, _) async throws in
            let gate = Gate()
            let notes = NoteFixture(database, before: { if $0 == "remote" { await gate.pass() } })
            try await withThrowingTaskGroup(of: Void.self) { group in
                for key: UInt8 in 1...20 { group.addTask { _ = try await notes.write("remote", key: key) } }
                try await eventually { gate.waiting == 20 }
                try await eventually { database.statistics.leasesInUse == 0 }
                #expect(await notes.refusal(of: "local", key: 21) == "201")
                gate.open()
                try await group.waitForAll()
            }
            #expect(try await notes.notes().count == 21)
        }
    }
}
