internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

/// The SQL of what the public reads: each one statement, with its author joined.
enum PublishedStatements {
    /// The hot path of the whole suite.
    static let bySlug = Statement<ArticleView, String>(
        "content.published-by-slug",
        """
        SELECT p.id, p.slug, p.title, p.summary, p.body, p.body_html, p.data, p.tags, p.locale, p.author_id, au.handle,
            au.display_name, p.version, p.published_at, p.created_at, p.updated_at, p.reading_minutes
        FROM published_articles p JOIN authors au ON au.id = p.author_id
        WHERE p.slug = $1
        """, view)

    static let byID = Statement<ArticleView, ArticleID>(
        "content.published-by-id",
        """
        SELECT p.id, p.slug, p.title, p.summary, p.body, p.body_html, p.data, p.tags, p.locale, p.author_id, au.handle,
            au.display_name, p.version, p.published_at, p.created_at, p.updated_at, p.reading_minutes
        FROM published_articles p JOIN authors au ON au.id = p.author_id
        WHERE p.id = $1
        """, view)

    /// Where an article is now that was once published under the slug.
    static let slugAfter = Statement<ReadArticle.Moved, String>(
        "content.slug-after",
        """
        SELECT p.slug, p.id, p.author_id FROM slugs s JOIN published_articles p ON p.id = s.article_id
        WHERE s.slug = $1 AND s.published_at IS NOT NULL
        """, moved)

    private static func moved(slug: String, id: ArticleID, author: AccountID) -> ReadArticle.Moved {
        ReadArticle.Moved(location: "/v1/articles/\(slug)", article: id, author: author)
    }

    private static func view(
        id: ArticleID, slug: String, title: String, summary: String, body: String, bodyHtml: String, data: JSONBytes,
        tags: [String], locale: String, authorID: AccountID, handle: String, displayName: String, version: Int,
        publishedAt: Timestamp, createdAt: Timestamp, updatedAt: Timestamp, readingMinutes: Int
    ) -> ArticleView {
        let author = AuthorView(id: authorID, handle: handle, displayName: displayName)
        return ArticleView(
            id: id, type: Representation.type, slug: slug, title: title, summary: summary, body: body,
            bodyHtml: bodyHtml, data: Representation.data(data), tags: tags, category: nil, locale: locale,
            author: author, status: .published, publishedAt: publishedAt, createdAt: createdAt, updatedAt: updatedAt,
            readingMinutes: readingMinutes,
            etag: Representation.etag(version: version, author: author, publishedAt: publishedAt))
    }
}
