internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

/// The SQL of pages of at most 20 items and one more. The limit is a constant, since Postgres plans a statement whose
/// limit is a parameter anew at each run.
enum ShortListStatements {
    static let itemsMax = 20

    static let newest = Statement<ArticleSummary, Timestamp, ArticleID>(
        "content.list-newest-short",
        """
        SELECT p.id, p.slug, p.title, p.summary, p.tags, p.locale, p.author_id, au.handle, au.display_name,
            p.published_at, p.updated_at, p.reading_minutes
        FROM published_articles p JOIN authors au ON au.id = p.author_id
        WHERE (p.published_at, p.id) < ($1, $2)
        ORDER BY p.published_at DESC, p.id DESC LIMIT 21
        """, ListRow.summary)

    static let ofLocale = Statement<ArticleSummary, Timestamp, ArticleID, String>(
        "content.list-of-locale-short",
        """
        SELECT p.id, p.slug, p.title, p.summary, p.tags, p.locale, p.author_id, au.handle, au.display_name,
            p.published_at, p.updated_at, p.reading_minutes
        FROM published_articles p JOIN authors au ON au.id = p.author_id
        WHERE p.locale = $3 AND (p.published_at, p.id) < ($1, $2)
        ORDER BY p.published_at DESC, p.id DESC LIMIT 21
        """, ListRow.summary)

    /// An author's articles are few enough to be sifted by the rest of the filter.
    static let ofAuthor = Statement<ArticleSummary, Timestamp, ArticleID, AccountID, String?, String?>(
        "content.list-of-author-short",
        """
        SELECT p.id, p.slug, p.title, p.summary, p.tags, p.locale, p.author_id, au.handle, au.display_name,
            p.published_at, p.updated_at, p.reading_minutes
        FROM published_articles p JOIN authors au ON au.id = p.author_id
        WHERE p.author_id = $3 AND (p.published_at, p.id) < ($1, $2)
            AND ($4 IS NULL OR p.locale = $4) AND ($5 IS NULL OR p.tags @> ARRAY[$5])
        ORDER BY p.published_at DESC, p.id DESC LIMIT 21
        """, ListRow.summary)

    /// The page is cut out of the index first; LATERAL with a limit keeps the look-ups of its articles as look-ups.
    static let ofTag = Statement<ArticleSummary, Timestamp, ArticleID, String>(
        "content.list-of-tag-short",
        """
        SELECT p.id, p.slug, p.title, p.summary, p.tags, p.locale, p.author_id, au.handle, au.display_name,
            p.published_at, p.updated_at, p.reading_minutes
        FROM (
            SELECT article_id FROM published_tags
            WHERE tag = $3 AND (published_at, article_id) < ($1, $2)
            ORDER BY published_at DESC, article_id DESC LIMIT 21
        ) t
        CROSS JOIN LATERAL (SELECT * FROM published_articles WHERE id = t.article_id LIMIT 1) p
        JOIN authors au ON au.id = p.author_id
        ORDER BY p.published_at DESC, p.id DESC
        """, ListRow.summary)

    static let ofTagAndLocale = Statement<ArticleSummary, Timestamp, ArticleID, String, String>(
        "content.list-of-tag-and-locale-short",
        """
        SELECT p.id, p.slug, p.title, p.summary, p.tags, p.locale, p.author_id, au.handle, au.display_name,
            p.published_at, p.updated_at, p.reading_minutes
        FROM (
            SELECT article_id FROM published_tags
            WHERE tag = $3 AND locale = $4 AND (published_at, article_id) < ($1, $2)
            ORDER BY published_at DESC, article_id DESC LIMIT 21
        ) t
        CROSS JOIN LATERAL (SELECT * FROM published_articles WHERE id = t.article_id LIMIT 1) p
        JOIN authors au ON au.id = p.author_id
        ORDER BY p.published_at DESC, p.id DESC
        """, ListRow.summary)
}
