import ContentService
import Contract
import JSON
import Logging
import Postgres
import Primitives
import Protocol
import TestKit
import Testing

/// With thousands of articles, whatever the public may ask for is read through an index.
@Suite struct IndexPlanTests {
    private static let fill = """
        INSERT INTO authors SELECT gen_random_uuid(), 'author-' || n, 'Author ' || n, now()
            FROM generate_series(1, 50) n;
        INSERT INTO articles (id, author_id, slug, title, summary, summary_is_derived, body, body_html, reading_minutes,
            data, tags, locale, version, published_version, published_at, created_at, updated_at)
        SELECT gen_random_uuid(), (SELECT id FROM authors WHERE handle = 'author-' || (1 + n % 50)), 'slug-' || n, 'T',
            'S', true, (SELECT string_agg(md5(n::text || m::text), ' ') FROM generate_series(1, 15) m),
            (SELECT string_agg(md5(n::text || m::text), ' ') FROM generate_series(1, 60) m), 1, '{}',
            ARRAY['tag-' || (n % 40), 'common'], CASE WHEN n % 10 = 0 THEN 'de' ELSE 'en' END, 1, 1,
            now() - n * interval '1 minute', now(), now()
        FROM generate_series(1, 5000) n;
        INSERT INTO slugs SELECT slug, id, published_at FROM articles;
        INSERT INTO slugs SELECT 'old-' || slug, id, published_at FROM articles;
        INSERT INTO published_articles SELECT id, author_id, slug, title, summary, body, body_html, reading_minutes,
            data, tags, locale, version, published_at, created_at, updated_at FROM articles;
        INSERT INTO published_tags SELECT unnest(tags), published_at, id, locale FROM articles;
        ANALYZE;
        """

    private static let author = Statement<AccountID>(
        "test.some-author", "SELECT id FROM authors ORDER BY handle LIMIT 1")
    private static let article = Statement<ArticleID>(
        "test.some-article", "SELECT id FROM published_articles WHERE slug = 'slug-77'")
    private static let everything = Statement<Int>(
        "test.everything", "SELECT count(*) FROM published_articles WHERE title <> ''")

    @Test func noPublicReadScansATable() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE SCHEMA content")
            try await test.open(schema: ContentService.schema) { database in
                _ = try await Migrator(database, ContentService.migrations).migrate()
            }
            try await test.administer("SET search_path = content; " + Self.fill)
            for mode in [PostgresConfiguration.PlanCacheMode.forceGenericPlan, .forceCustomPlan] {
                try await test.open(schema: ContentService.schema) {
                    $0.planCacheMode = mode
                } _: { database in
                    let scans = SequentialScans(database: database)
                    try await readEverything(database, scans, mode)
                    // The count does rise with a statement that reads a table from end to end.
                    let before = try await scans.count()
                    _ = try await database.one(Self.everything)
                    #expect(try await scans.count() > before)
                }
            }
        }
    }

    private func readEverything(
        _ database: Database, _ scans: SequentialScans, _ mode: PostgresConfiguration.PlanCacheMode
    ) async throws {
        let service = ContentService(
            configuration: ContentConfiguration(cursorKeys: [ContentFixture.cursorKey]), database: database,
            user: StubUser(),
            logger: Logger(label: "test"))
        let probe = EndpointProbe(service.endpoints)
        let author = try await database.one(Self.author)
        let id = try await database.one(Self.article)
        let count = try await scans.count()
        for article in ["slug-77", id.description, "old-slug-78", "no-such-slug"] {
            _ = try await probe.call(ReadArticle.self, path: ["article": article], as: .anonymous)
            #expect(try await scans.count() == count, "\(article), \(mode)")
        }
        let filters = [
            "", "locale=de&", "author=\(author)&", "author=\(author)&tag=common&locale=en&", "tag=common&",
            "tag=tag-7&",
            "tag=common&locale=de&", "tag=none&",
        ]
        for filter in filters {
            for limit in [20, 100] {
                let first = try await probe.call(ListArticles.self, query: "\(filter)limit=\(limit)", as: .anonymous)
                #expect(first.status == 200)
                if let cursor = first["page", "next"]?.string {
                    let query = "\(filter)limit=\(limit)&cursor=\(cursor)"
                    let second = try await probe.call(ListArticles.self, query: query, as: .anonymous)
                    #expect(second.slugs.isEmpty == false)
                }
                #expect(try await scans.count() == count, "\(filter)limit=\(limit), \(mode)")
            }
        }
    }
}

/// How often the tables of articles were read from end to end.
struct SequentialScans {
    /// Has one connection, so that what is flushed is what was read before.
    let database: Database

    private static let flush = Statement<Void>("test.flush-statistics", "SELECT pg_stat_force_next_flush()")
    private static let scans = Statement<Int>(
        "test.sequential-scans",
        """
        SELECT coalesce(sum(seq_scan), 0)::bigint FROM pg_stat_user_tables
        WHERE schemaname = 'content' AND relname IN ('articles', 'published_articles', 'published_tags', 'slugs')
        """)

    func count() async throws -> Int {
        try await database.execute(Self.flush)
        return try await database.one(Self.scans)
    }
}
