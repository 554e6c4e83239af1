import ContentService
import Contract
import JSON
import Postgres
import Primitives
import Protocol
import TestKit
import Testing

@Suite struct AccountFollowerTests {
    private static let rows = Statement<Int>(
        "test.rows",
        """
        SELECT (SELECT count(*) FROM articles) + (SELECT count(*) FROM slugs)
            + (SELECT count(*) FROM published_articles) + (SELECT count(*) FROM withheld_articles)
            + (SELECT count(*) FROM published_tags)
        """)

    @Test func aNewNameReachesArticlesAndAnOlderOneDoesNot() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let slug = try await ada.post(title: "Words").slug
            func name() async throws -> String? { try await fixture.read(slug)["author", "displayName"]?.string }
            try await fixture.tell(ProfileChanged.self, .of(ada.id, "Countess", version: 3))
            #expect(try await name() == "Countess")
            #expect(try await fixture.list()["items"]?.array?.first?.object?["author"]?.object?["handle"] == "countess")
            try await fixture.tell(ProfileChanged.self, .of(ada.id, "Ada Byron", version: 2))
            #expect(try await name() == "Countess")
            // Nor does an answer of the user service that was on its way for long.
            fixture.clock.advance(by: .seconds(3600))
            _ = try await ada.post(title: "More words")
            #expect(try await name() == "Countess")
        }
    }

    @Test func aNameThatIsHeardBeforeTheAuthorWritesIsKept() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            try await fixture.tell(ProfileChanged.self, .of(ada.id, "Countess", version: 4))
            let slug = try await ada.post(title: "Words").slug
            #expect(try await fixture.read(slug)["author", "displayName"]?.string == "Countess")
        }
    }

    @Test func whatADisabledAuthorPublishedComesBackExactlyAsItWas() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let (ada, bob) = (fixture.author(), fixture.author("bob", name: "Bob"))
            let renamed = try await ada.post(title: "Renamed", tags: ["x"])
            fixture.clock.advance(by: .seconds(10))
            _ = try await ada.patch(renamed.id, #"{"slug":"renamed-anew"}"#)
            _ = try await ada.publish(renamed.id)
            try await ada.post(title: "Edited", tags: ["x", "y"])
            _ = try await ada.patch("edited", #"{"title":"Not yet public","tags":["z"]}"#)
            try await bob.post(title: "Of Bob", tags: ["x"])
            let before = try await everything(fixture, ada)
            try await fixture.tell(AccountDisabled.self, .init(account: ada.id, epoch: 2, at: .now))
            for article in ["renamed", "renamed-anew", "edited", renamed.id] {
                #expect(try await fixture.read(article).code == "not-found", "\(article)")
            }
            for query in ["", "limit=100", "tag=x", "tag=x&locale=en", "locale=en"] {
                #expect(try await fixture.list(query).slugs == ["of-bob"], "\(query)")
            }
            #expect(try await fixture.list("author=\(ada.id)").slugs == [])
            try await fixture.tell(AccountEnabled.self, .init(account: ada.id, epoch: 3, at: .now))
            #expect(try await everything(fixture, ada) == before)
        }
    }

    /// Every public answer about the articles of the test above.
    private func everything(_ fixture: ContentFixture, _ author: Writer) async throws -> [JSONValue] {
        var bodies: [JSONValue] = []
        for query in ["", "tag=x", "tag=y", "tag=z", "tag=x&locale=en", "author=\(author.id)"] {
            bodies.append(try await fixture.list(query).body)
        }
        for article in ["renamed-anew", "edited"] { bodies.append(try await fixture.read(article).body) }
        bodies.append(.string(try await fixture.read("renamed").header("location") ?? "none"))
        return bodies
    }

    @Test func editorsDoToWithheldArticlesWhatTheyDoToOthers() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let (ada, edda) = (fixture.author(), fixture.author("edda", name: "Edda", roles: [.editor]))
            for title in ["One", "Two", "Three", "Four"] { try await ada.post(title: title) }
            let draft = try await ada.create(title: "Draft").id
            try await fixture.tell(AccountDisabled.self, .init(account: ada.id, epoch: 2, at: .now))
            #expect(try await edda.publish(draft).code == "author-disabled")
            #expect(try await edda.unpublish("one").status == 200)
            #expect(try await edda.delete("two").status == 204)
            #expect(try await edda.patch("three", #"{"title":"Three, edited"}"#).status == 200)
            #expect(try await edda.publish("three").code == "author-disabled")
            try await fixture.tell(AccountEnabled.self, .init(account: ada.id, epoch: 3, at: .now))
            #expect(Set(try await fixture.list().slugs) == ["three", "four"])
            #expect(try await fixture.read("three")["title"] == "Three")
            #expect(try await edda.publish("three").status == 200)
            #expect(try await edda.publish("one").status == 200)
            #expect(try await fixture.read("three")["title"] == "Three, edited")
            #expect(try await ada.unpublish("one").status == 200)
        }
    }

    @Test func nothingOfAnErasedAuthorStays() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let first = try await ada.post(title: "Words", tags: ["x"])
            try await ada.post(title: "Thrown away")
            _ = try await ada.delete("thrown-away")
            _ = try await ada.create(title: "Draft")
            try await fixture.tell(AccountDeleted.self, .init(account: ada.id, at: .now))
            #expect(try await fixture.read("words").code == "not-found")
            #expect(try await fixture.database.one(Self.rows) == 0)
            #expect(try await ada.draft(first.id).code == "not-found")
            #expect(try await ada.create(title: "Again").code == "access-token-invalid")
            try await fixture.tell(ProfileChanged.self, .of(ada.id, "Ada", version: 9))
            let names = Statement<Int>(
                "test.names", "SELECT count(*) FROM authors WHERE handle <> '' OR display_name <> ''")
            #expect(try await fixture.database.one(names) == 0)
            let bob = fixture.author("bob", name: "Bob")
            #expect(try await bob.post(title: "Words").slug == "words")
        }
    }

    private enum Step: CaseIterable {
        case named, renamed, disabled, enabled, disabledAgain
    }

    @Test(arguments: [false, true]) func theOrderOfEventsDoesNotMatter(isErased: Bool) async throws {
        try await ContentFixture.with { (fixture) async throws in
            var generator = SeededGenerator(seed: isErased ? 7 : 8)
            for round in 0..<40 {
                let author = fixture.author("author-\(round)", name: "Author")
                let slug = "words-\(round)"
                try await author.post(title: "Words \(round)", tags: ["x"])
                var steps = Step.allCases + Step.allCases.filter { _ in Bool.random(using: &generator) }
                steps.shuffle(using: &generator)
                let erasure = isErased ? Int.random(in: 0..<steps.count, using: &generator) : nil
                for (index, step) in steps.enumerated() {
                    if index == erasure {
                        try await fixture.tell(AccountDeleted.self, .init(account: author.id, at: .now))
                    }
                    try await perform(step, author.id, fixture)
                }
                #expect(try await fixture.read(slug).code == "not-found", "\(steps)")
                try await fixture.tell(AccountEnabled.self, .init(account: author.id, epoch: 5, at: .now))
                let article = try await fixture.read(slug)
                #expect(article["author", "displayName"]?.string == (isErased ? nil : "Renamed"), "\(steps)")
                #expect(article.code == (isErased ? "not-found" : nil), "\(steps)")
            }
        }
    }

    private func perform(_ step: Step, _ id: AccountID, _ fixture: ContentFixture) async throws {
        switch step {
        case .named: try await fixture.tell(ProfileChanged.self, .of(id, "Named", version: 2))
        case .renamed: try await fixture.tell(ProfileChanged.self, .of(id, "Renamed", version: 3))
        case .disabled: try await fixture.tell(AccountDisabled.self, .init(account: id, epoch: 2, at: .now))
        case .enabled: try await fixture.tell(AccountEnabled.self, .init(account: id, epoch: 3, at: .now))
        case .disabledAgain: try await fixture.tell(AccountDisabled.self, .init(account: id, epoch: 4, at: .now))
        }
    }

    /// Publishing, unpublishing and deleting while the author is disabled, enabled or erased.
    @Test func noWriteSlipsThroughAChangeOfStanding() async throws {
        try await ContentFixture.with { (fixture) async throws in
            for round in 0..<15 {
                let author = fixture.author("author-\(round)", name: "Author")
                var ids: [String] = []
                for index in 0..<6 { ids.append(try await author.create(title: "r\(round) a\(index)").id) }
                for id in ids.prefix(3) { _ = try await author.publish(id) }
                let all = ids
                let isErased = round % 3 == 2
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for id in all.suffix(3) { group.addTask { _ = try await author.publish(id) } }
                    group.addTask { _ = try await author.unpublish(all[0]) }
                    group.addTask { _ = try await author.delete(all[1]) }
                    group.addTask { _ = try await author.create(title: "r\(round) late") }
                    group.addTask {
                        if isErased {
                            try await fixture.tell(AccountDeleted.self, .init(account: author.id, at: .now))
                        } else {
                            try await fixture.tell(AccountDisabled.self, .init(account: author.id, epoch: 2, at: .now))
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await fixture.list("author=\(author.id)").slugs == [])
                let left = try await fixture.database.one(Self.articlesOf, author.id)
                #expect(isErased ? left == 0 : left >= 5)
            }
        }
    }

    private static let articlesOf = Statement<Int, AccountID>(
        "test.articles-of", "SELECT count(*) FROM articles WHERE author_id = $1 AND deleted_at IS NULL")

    private static let fill = Statement<Void, AccountID>(
        "test.fill",
        """
        WITH made AS (
            INSERT INTO articles (id, author_id, slug, title, summary, summary_is_derived, body, body_html,
                reading_minutes, data, tags, locale, version, published_version, published_at, created_at, updated_at)
            SELECT gen_random_uuid(), $1, 'many-' || n, 'T', 'S', true, 'B', 'B', 1, '{}', ARRAY['many'], 'en', 1, 1,
                now() - n * interval '1 minute', now(), now()
            FROM generate_series(1, 900) n RETURNING *
        ), published AS (
            INSERT INTO published_articles SELECT id, author_id, slug, title, summary, body, body_html, reading_minutes,
                data, tags, locale, version, published_at, created_at, updated_at FROM made
        )
        INSERT INTO published_tags SELECT 'many', published_at, id, locale FROM made
        """)

    /// The event's own transaction moves one batch, and a job the rest.
    @Test func manyArticlesFollowInBatches() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            try await ada.post(title: "Words")
            try await fixture.database.execute(Self.fill, ada.id)
            let count = Statement<Int>("test.published", "SELECT count(*) FROM published_articles")
            try await fixture.tell(AccountDisabled.self, .init(account: ada.id, epoch: 2, at: .now))
            #expect(try await fixture.database.one(count) == 851)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await fixture.service.run() }
                try await eventually { try await fixture.database.one(count) == 0 }
                try await fixture.tell(AccountEnabled.self, .init(account: ada.id, epoch: 3, at: .now))
                try await eventually { try await fixture.database.one(count) == 901 }
                #expect(try await fixture.list("tag=many").slugs.first == "many-1")
                try await fixture.tell(AccountDisabled.self, .init(account: ada.id, epoch: 4, at: .now))
                try await fixture.tell(AccountDeleted.self, .init(account: ada.id, at: .now))
                try await eventually { try await fixture.database.one(Self.rows) == 0 }
                group.cancelAll()
            }
        }
    }
}

extension ProfileChanged.Payload {
    static func of(_ account: AccountID, _ name: String, version: Int) -> Self {
        Self(account: account, handle: name.lowercased(), displayName: name, version: version)
    }
}
