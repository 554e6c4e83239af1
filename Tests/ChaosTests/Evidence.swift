import JSON
import TestKit

/// What the databases hold when everything has settled.
struct Evidence {
    let suite: SuiteUnderTest

    /// Rows as arrays of text, NULL as the empty one.
    func rows(_ sql: String) async throws -> [[String]] {
        let outcome = try await suite.psql(sql)
        guard outcome.status == 0 else { throw SuiteUnderTest.Fault(description: outcome.errorText) }
        return outcome.text.split(separator: "\n").map { line in
            line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        }
    }

    func count(_ sql: String) async throws -> Int {
        try await rows(sql).first?.first.flatMap { Int($0) } ?? -1
    }

    /// Waits until every event has had its effect and every job is done.
    func waitUntilSettled() async throws {
        do {
            try await eventually(patience: .seconds(60)) {
                if try await waiting().isEmpty { return true }
                try await Task.sleep(for: .milliseconds(100))
                return false
            }
        } catch is NeverCame {
            throw SuiteUnderTest.Fault(description: "never settled: \(try await waiting())")
        }
    }

    /// What is left to do, as kind and number. A mail in the hands of a killed process waits for the end of its lease,
    /// two minutes, and no other effect waits for it.
    private func waiting() async throws -> [[String]] {
        try await rows(
            """
            SELECT 'auth ' || topic || CASE WHEN sent_at IS NULL THEN ' unsent' ELSE ' unconfirmed' END, count(*)
            FROM auth.outbox WHERE confirmed_at IS NULL GROUP BY 1
            UNION ALL
            SELECT 'user ' || topic || CASE WHEN sent_at IS NULL THEN ' unsent' ELSE ' unconfirmed' END, count(*)
            FROM users.outbox WHERE confirmed_at IS NULL GROUP BY 1
            UNION ALL SELECT 'auth job ' || kind, count(*) FROM auth.jobs WHERE status = 'pending' GROUP BY 1
            UNION ALL SELECT 'content job ' || kind, count(*) FROM content.jobs WHERE status <> 'dead' GROUP BY 1
            """)
    }

    /// How often each title is there, with the id and the text of one of them.
    func articles() async throws -> [String: (count: Int, id: String, body: String)] {
        let rows = try await rows(
            """
            SELECT title, count(*), min(id::text), min(body) FROM content.articles
            WHERE title LIKE 'chaos %' AND deleted_at IS NULL GROUP BY title
            """)
        return Dictionary(rows.map { ($0[0], (Int($0[1]) ?? -1, $0[2], $0[3])) }) { first, _ in first }
    }

    func published() async throws -> Set<String> {
        Set(try await rows("SELECT id FROM content.published_articles").map { $0[0] })
    }

    /// Addresses that were verified.
    func verifiedAddresses() async throws -> Set<String> {
        Set(try await rows("SELECT email FROM auth.accounts WHERE email_verified_at IS NOT NULL").map { $0[0] })
    }

    /// Accounts' names as the user service has them, and as content shows them.
    func names() async throws -> [String: (profile: String, author: String)] {
        let rows = try await rows(
            """
            SELECT p.id, p.display_name, a.display_name FROM users.profiles p LEFT JOIN content.authors a USING (id)
            """)
        return Dictionary(rows.map { ($0[0], ($0[1], $0[2])) }) { first, _ in first }
    }

    /// Addresses that were verified and whose account has no profile. An account is told of when it is verified.
    func accountsWithoutProfile() async throws -> [String] {
        try await rows(
            """
            SELECT a.email FROM auth.accounts a
            WHERE a.email_verified_at IS NOT NULL AND NOT EXISTS (SELECT FROM users.profiles p WHERE p.id = a.id)
            """
        ).map { $0[0] }
    }
}
