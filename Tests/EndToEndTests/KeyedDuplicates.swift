import JSON
import TestKit
import Testing

/// Many duplicates of keyed requests at once, by a client that is not ours: `Clients/keyed_duplicates.py`.
struct KeyedDuplicates {
    let keys: Int
    let duplicates: Int
    private let client: ChildProcess

    init(keys: Int, duplicates: Int, of person: Person, to suite: SuiteUnderTest) throws {
        self.keys = keys
        self.duplicates = duplicates
        client = try ChildProcess([
            ChildProcess.python, "-B", Repository.path("Tests/EndToEndTests/Clients/keyed_duplicates.py"),
            suite.gateway.base, suite.certificate, person.accessToken, String(keys), String(duplicates),
        ])
    }

    /// Returns when the requests are on their way.
    func begin() async {
        #expect(await client.nextLine() == "begun")
    }

    /// Whether the client has said how it went.
    var hasEnded: Bool { client.hasEnded }

    /// Waits until every request has worked, and checks that each had one effect and one answer.
    ///
    /// - Returns: how many failures were told meanwhile.
    @discardableResult
    func end(of person: Person, in suite: SuiteUnderTest) async throws -> Int {
        let text = await client.nextLine() ?? ""
        #expect(await client.wait() == 0, "\(text)")
        let result = try #require(try? JSONValue.parse(Array(text.utf8)).object, "\(text)")
        #expect(result["differing"] == .array([]), "\(text)")
        #expect(result["requests"]?.integer == Int64(keys * 2))
        #expect(result["answers"]?.integer == Int64(keys * 2 * duplicates))
        // The others were replays, and so is one whose first answer nobody got.
        #expect((result["first"]?.integer ?? .max) <= Int64(keys * 2), "\(text)")
        let ids = result["ids"]?.array?.compactMap(\.string) ?? []
        #expect(ids.count == keys)
        let me = try await suite.gateway.get("/v1/auth/me", headers: [person.authorization])["id"]?.string ?? "none"
        let mine = "content.articles WHERE title LIKE 'Title of %' AND author_id = '\(me)'"
        for (query, count) in [
            ("SELECT count(*) FROM \(mine)", keys),
            ("SELECT count(*) FROM content.published_articles WHERE author_id = '\(me)'", keys),
            ("SELECT count(*) FROM content.idempotency_answers WHERE caller = 'account:\(me)'", keys * 2),
        ] {
            let outcome = try await suite.psql(query)
            #expect(outcome.text.split(separator: "\n").first.map(String.init) == String(count), "\(query)")
        }
        return result["failures"]?.object?.members.reduce(0) { $0 + Int($1.value.integer ?? 0) } ?? 0
    }
}
