import Foundation
import TestKit
import Testing

/// The audit of accounts, as whoever keeps it sees it.
@Suite("The audit's command", .serialized)
struct AuditTests {
    @Test("A whole audit shows its end; one that was changed, cut, reordered or made anew is told, with the row")
    func verify() async throws {
        let suite = try await SuiteUnderTest(SuiteUnderTest.Options(.fourProcesses))
        try await suite.prepare()
        try await suite.require(["seed"])
        let whole = try await suite.require(["audit", "verify"])
        #expect(whole.contains("The audit is whole: 5 rows."), "\(whole)")
        let end = try #require(whole.firstMatch(of: /Its end: (5:[0-9a-f]{64})\n/)?.1)
        let later = try await suite.require(["audit", "verify", "--expect", String(end)])
        #expect(later == whole)

        let changes: [(sql: String, words: String)] = [
            ("UPDATE auth.audit SET request_id = 'x' WHERE sequence = 3", "row 3 is not as it was written"),
            ("UPDATE auth.audit SET at = at + interval '1 s' WHERE sequence = 1", "row 1 is not as it was written"),
            ("DELETE FROM auth.audit WHERE sequence = 2", "after row 1 there is no row 2"),
            ("DELETE FROM auth.audit WHERE sequence = 5", "the rows end with 4, and 5 is recorded"),
            (
                "UPDATE auth.audit SET sequence = CASE sequence WHEN 2 THEN 3 ELSE 2 END WHERE sequence IN (2, 3)",
                "row 2 "
            ),
            ("UPDATE auth.audit SET sequence = sequence + 10 WHERE sequence = 5", "after row 4 there is no row 5"),
            ("INSERT INTO auth.audit SELECT * FROM auth.audit WHERE sequence = 5", "there are two of one number"),
            ("UPDATE auth.audit SET previous = hash WHERE sequence = 4", "row 4 does not follow"),
        ]
        for (sql, words) in changes {
            let outcome = try await judge(suite, after: sql)
            // A constraint may forbid the change itself, which is as good.
            guard let outcome else { continue }
            #expect(outcome.status == 1, "\(sql): \(outcome.text)")
            #expect(
                outcome.errorText.contains("The audit was changed: ") && outcome.errorText.contains(words),
                "\(sql): \(outcome.errorText)")
        }

        // The end and its record cut together: only who kept the end can tell.
        let cut = """
            DELETE FROM auth.audit WHERE sequence = 5; UPDATE auth.audit_tail
            SET sequence = 4, hash = (SELECT hash FROM auth.audit WHERE sequence = 4)
            """
        _ = try await suite.psql(cut)
        #expect(try await suite.require(["audit", "verify"]).contains("4 rows"))
        let expected = try await suite.causeway(["audit", "verify", "--expect", String(end)])
        #expect(expected.status == 1)
        #expect(expected.errorText.contains("the rows end with 4, and row 5 was there before"), "\(expected.errorText)")
        let other = try await suite.causeway(["audit", "verify", "--expect", "4:" + String(repeating: "0", count: 64)])
        #expect(other.status == 1 && other.errorText.contains("row 4 is not the one"), "\(other.errorText)")

        let malformed = try await suite.causeway(["audit", "verify", "--expect", "4"])
        #expect(malformed.status == 64 && malformed.errorText.contains("SEQUENCE:HASH"), "\(malformed.errorText)")
        let away = try await suite.causeway(
            ["audit", "verify"],
            settings: [
                "CAUSEWAY_POSTGRES_HOST": "127.0.0.1", "CAUSEWAY_POSTGRES_PORT": String(try FreePorts.take(1)[0]),
            ])
        #expect(away.status == 2 && away.errorText.contains("cannot be read"), "\(away.errorText)")
        await suite.stop()
    }

    /// What the command says after a change, which is then taken back; nil where the database refuses the change.
    private func judge(_ suite: SuiteUnderTest, after sql: String) async throws -> ChildProcess.Outcome? {
        let save = "CREATE TABLE auth.saved AS SELECT * FROM auth.audit"
        let restore = """
            TRUNCATE auth.audit; INSERT INTO auth.audit SELECT * FROM auth.saved; DROP TABLE auth.saved
            """
        _ = try await suite.psql(save)
        let change = try await suite.psql(sql)
        let outcome = try await suite.causeway(["audit", "verify"])
        _ = try await suite.psql(restore)
        return change.status == 0 ? outcome : nil
    }
}
