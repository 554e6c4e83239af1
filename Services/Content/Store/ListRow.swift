internal import Contract
internal import Primitives
internal import Protocol

/// A row of a list of published articles.
enum ListRow {
    static func summary(
        id: ArticleID, slug: String, title: String, summary: String, tags: [String], locale: String,
        authorID: AccountID, handle: String, displayName: String, publishedAt: Timestamp, updatedAt: Timestamp,
        readingMinutes: Int
    ) -> ArticleSummary {
        ArticleSummary(
            id: id, type: Representation.type, slug: slug, title: title, summary: summary, tags: tags, category: nil,
            locale: locale, author: AuthorView(id: authorID, handle: handle, displayName: displayName),
            publishedAt: publishedAt, updatedAt: updatedAt, readingMinutes: readingMinutes)
    }
}
