internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

/// The SQL of working copies. What a caller names is read with the caller's id, `$2`, and `$3`, whether it may edit any
/// article; what follows in the same transaction goes by the id of the article that was found so.
enum DraftStatements {
    static let byID = Statement<Draft, ArticleID, AccountID, Bool>(
        "content.draft-by-id",
        """
        SELECT a.id, a.author_id, au.handle, au.display_name, a.slug, a.title, a.summary, a.summary_is_derived, a.body,
            a.body_html, a.reading_minutes, a.data, a.tags, a.locale, a.version, a.published_version, a.published_at,
            a.created_at, a.updated_at
        FROM articles a JOIN authors au ON au.id = a.author_id
        WHERE a.id = $1 AND (a.author_id = $2 OR $3) AND a.deleted_at IS NULL
        """, draft)

    static let bySlug = Statement<Draft, String, AccountID, Bool>(
        "content.draft-by-slug",
        """
        SELECT a.id, a.author_id, au.handle, au.display_name, a.slug, a.title, a.summary, a.summary_is_derived, a.body,
            a.body_html, a.reading_minutes, a.data, a.tags, a.locale, a.version, a.published_version, a.published_at,
            a.created_at, a.updated_at
        FROM articles a JOIN authors au ON au.id = a.author_id
        WHERE a.slug = $1 AND (a.author_id = $2 OR $3) AND a.deleted_at IS NULL
        """, draft)

    /// Reads and locks; whoever changes more than one table begins with this.
    static let lock = Statement<Draft, ArticleID>(
        "content.lock-draft",
        """
        SELECT a.id, a.author_id, au.handle, au.display_name, a.slug, a.title, a.summary, a.summary_is_derived, a.body,
            a.body_html, a.reading_minutes, a.data, a.tags, a.locale, a.version, a.published_version, a.published_at,
            a.created_at, a.updated_at
        FROM articles a JOIN authors au ON au.id = a.author_id
        WHERE a.id = $1 AND a.deleted_at IS NULL FOR UPDATE OF a
        """, draft)

    /// Adds the article and its slug, or nothing where the slug is taken or the author is not active. The author's row
    /// is held, so that whoever erases the author finds the article.
    static let insert = Statement<
        Void, ArticleID, AccountID, String, String, String, Bool, String, String, Int, JSONBytes, [String], String,
        Timestamp
    >(
        "content.insert-draft",
        """
        WITH author AS (
            SELECT id FROM authors WHERE id = $2 AND standing = 'active' FOR SHARE
        ), claimed AS (
            INSERT INTO slugs (slug, article_id) SELECT $3, $1 FROM author ON CONFLICT DO NOTHING RETURNING slug
        )
        INSERT INTO articles
            (id, author_id, slug, title, summary, summary_is_derived, body, body_html, reading_minutes, data, tags,
            locale, version, created_at, updated_at)
        SELECT $1, $2, slug, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $13 FROM claimed
        """)

    /// The compare-and-set of the text: `$2` is the version that it was made for.
    static let update = Statement<
        Int, ArticleID, Int, String, String, String, Bool, String, String, Int, JSONBytes, [String], String, Timestamp
    >(
        "content.update-draft",
        """
        UPDATE articles
        SET slug = $3, title = $4, summary = $5, summary_is_derived = $6, body = $7, body_html = $8,
            reading_minutes = $9, data = $10, tags = $11, locale = $12, version = version + 1, updated_at = $13
        WHERE id = $1 AND version = $2 AND deleted_at IS NULL
        RETURNING version
        """)

    static let delete = Statement<Void, ArticleID, Int, Timestamp>(
        "content.delete-draft",
        """
        UPDATE articles
        SET deleted_at = $3, updated_at = $3, version = version + 1, published_version = NULL, published_at = NULL
        WHERE id = $1 AND version = $2 AND deleted_at IS NULL
        """)

    static let markPublished = Statement<Void, ArticleID, Int, Timestamp>(
        "content.mark-published", "UPDATE articles SET published_version = $2, published_at = $3 WHERE id = $1")

    static let markUnpublished = Statement<Void, ArticleID>(
        "content.mark-unpublished",
        "UPDATE articles SET published_version = NULL, published_at = NULL WHERE id = $1")

    private static func draft(
        id: ArticleID, authorID: AccountID, handle: String, displayName: String, slug: String, title: String,
        summary: String, summaryIsDerived: Bool, body: String, bodyHtml: String, readingMinutes: Int, data: JSONBytes,
        tags: [String], locale: String, version: Int, publishedVersion: Int?, publishedAt: Timestamp?,
        createdAt: Timestamp, updatedAt: Timestamp
    ) -> Draft {
        let publication: Draft.Publication? =
            if let publishedVersion, let publishedAt {
                Draft.Publication(version: publishedVersion, publishedAt: publishedAt)
            } else {
                nil
            }
        return Draft(
            id: id, author: AuthorView(id: authorID, handle: handle, displayName: displayName),
            text: ArticleText(
                slug: slug, title: title, summary: summary, summaryIsDerived: summaryIsDerived, body: body,
                bodyHtml: bodyHtml, readingMinutes: readingMinutes, data: data, tags: tags, locale: locale),
            version: version, publication: publication, createdAt: createdAt, updatedAt: updatedAt)
    }
}
