internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

/// The SQL that makes a working copy what the public reads, and the slugs of both.
enum SnapshotStatements {
    /// Copies the working copy; a snapshot that is there keeps its time of publication. One that is on its way back to
    /// the public is older, and goes.
    static let put = Statement<Void, ArticleID, Timestamp>(
        "content.put-snapshot",
        """
        WITH older AS (
            DELETE FROM withheld_articles WHERE id = $1
        )
        INSERT INTO published_articles
            (id, author_id, slug, title, summary, body, body_html, reading_minutes, data, tags, locale, version,
            published_at, created_at, updated_at)
        SELECT id, author_id, slug, title, summary, body, body_html, reading_minutes, data, tags, locale, version,
            $2, created_at, updated_at
        FROM articles WHERE id = $1
        ON CONFLICT (id) DO UPDATE
        SET slug = excluded.slug, title = excluded.title, summary = excluded.summary, body = excluded.body,
            body_html = excluded.body_html, reading_minutes = excluded.reading_minutes, data = excluded.data,
            tags = excluded.tags, locale = excluded.locale, version = excluded.version,
            updated_at = excluded.updated_at
        """)

    /// With its tags, also where it is withheld.
    static let remove = Statement<Void, ArticleID>(
        "content.remove-snapshot",
        """
        WITH withheld AS (
            DELETE FROM withheld_articles WHERE id = $1
        )
        DELETE FROM published_articles WHERE id = $1
        """)

    static let removeTags = Statement<Void, ArticleID>(
        "content.remove-snapshot-tags", "DELETE FROM published_tags WHERE article_id = $1")

    static let putTags = Statement<Void, ArticleID, Timestamp, String, [String]>(
        "content.put-snapshot-tags",
        """
        INSERT INTO published_tags (tag, published_at, article_id, locale)
        SELECT tag, $2, $1, $3 FROM unnest($4) AS tag
        """)

    static let markSlug = Statement<Void, String, Timestamp>(
        "content.mark-slug-published", "UPDATE slugs SET published_at = $2 WHERE slug = $1")

    /// Lets go of all but the slugs under which it was published last.
    static let trimSlugs = Statement<Void, ArticleID, Int>(
        "content.trim-slugs",
        """
        DELETE FROM slugs WHERE slug IN (
            SELECT slug FROM slugs WHERE article_id = $1 AND published_at IS NOT NULL
            ORDER BY published_at DESC, slug OFFSET $2
        )
        """)

    /// Affects one row where the slug is free or the article's own already, else none.
    static let claimSlug = Statement<Void, String, ArticleID>(
        "content.claim-slug",
        """
        INSERT INTO slugs (slug, article_id) VALUES ($1, $2)
        ON CONFLICT (slug) DO UPDATE SET article_id = excluded.article_id
        WHERE slugs.article_id = excluded.article_id
        """)

    /// Every slug that leads to an article, or would if it were public.
    static let slugs = Statement<String, ArticleID>(
        "content.slugs-of-article", "SELECT slug FROM slugs WHERE article_id = $1 LIMIT 50")

    /// A slug that the public has never seen is free again once it is not used.
    static let releaseSlug = Statement<Void, String, ArticleID>(
        "content.release-slug",
        "DELETE FROM slugs WHERE slug = $1 AND article_id = $2 AND published_at IS NULL")
}
