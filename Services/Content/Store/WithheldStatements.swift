internal import Contract
internal import Postgres
internal import Primitives

/// The SQL that moves an author's snapshots between the public and aside, some at a time. Each gives the number that it
/// moved; the limit is `WithheldStatements.batchMax` as a literal.
enum WithheldStatements {
    static let batchMax = 50

    /// With their tags. A service of the release before this one, which knows nothing of standings, may have published
    /// in the meantime what lies aside already: the newer snapshot stays.
    static let withhold = Statement<Int, AccountID>(
        "content.withhold-articles",
        """
        WITH chosen AS MATERIALIZED (
            SELECT id FROM published_articles WHERE author_id = $1 LIMIT 50
        ), taken AS (
            DELETE FROM published_articles WHERE id IN (SELECT id FROM chosen)
            RETURNING id, author_id, slug, title, summary, body, body_html, reading_minutes, data, tags, locale,
                version, published_at, created_at, updated_at
        ), withheld AS (
            INSERT INTO withheld_articles
                (id, author_id, slug, title, summary, body, body_html, reading_minutes, data, tags, locale, version,
                published_at, created_at, updated_at)
            SELECT id, author_id, slug, title, summary, body, body_html, reading_minutes, data, tags, locale, version,
                published_at, created_at, updated_at
            FROM taken
            ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, title = excluded.title, summary = excluded.summary,
                body = excluded.body, body_html = excluded.body_html, reading_minutes = excluded.reading_minutes,
                data = excluded.data, tags = excluded.tags, locale = excluded.locale, version = excluded.version,
                published_at = excluded.published_at, updated_at = excluded.updated_at
        )
        SELECT count(*) FROM taken
        """)

    /// As they were, tags included; what is published already stays as it is.
    static let restore = Statement<Int, AccountID>(
        "content.restore-articles",
        """
        WITH chosen AS MATERIALIZED (
            SELECT id FROM withheld_articles WHERE author_id = $1 LIMIT 50
        ), taken AS (
            DELETE FROM withheld_articles WHERE id IN (SELECT id FROM chosen)
            RETURNING id, author_id, slug, title, summary, body, body_html, reading_minutes, data, tags, locale,
                version, published_at, created_at, updated_at
        ), restored AS (
            INSERT INTO published_articles
                (id, author_id, slug, title, summary, body, body_html, reading_minutes, data, tags, locale, version,
                published_at, created_at, updated_at)
            SELECT id, author_id, slug, title, summary, body, body_html, reading_minutes, data, tags, locale, version,
                published_at, created_at, updated_at
            FROM taken
            ON CONFLICT (id) DO NOTHING RETURNING id, tags, published_at, locale
        ), tagged AS (
            INSERT INTO published_tags (tag, published_at, article_id, locale)
            SELECT tag, published_at, id, locale FROM restored CROSS JOIN unnest(tags) AS tag
        )
        SELECT count(*) FROM taken
        """)

    /// Working copies, snapshots, withheld ones, slugs and tags.
    static let erase = Statement<Int, AccountID>(
        "content.erase-articles",
        """
        WITH chosen AS MATERIALIZED (
            SELECT id FROM articles WHERE author_id = $1 LIMIT 50
        ), erased AS (
            DELETE FROM articles WHERE id IN (SELECT id FROM chosen) RETURNING 1
        )
        SELECT count(*) FROM erased
        """)
}
