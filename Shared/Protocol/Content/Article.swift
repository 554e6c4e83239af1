package import Contract
package import JSON
package import Primitives

package enum ArticleSubject {}
package typealias ArticleID = Identifier<ArticleSubject>

/// Who wrote an article.
package struct AuthorView: Shaped, Hashable {
    package let id: AccountID
    package let handle: String
    package let displayName: String

    package init(id: AccountID, handle: String, displayName: String) {
        self.id = id
        self.handle = handle
        self.displayName = displayName
    }

    package static let shape = Shape(
        AuthorView.init, named: "Author", .body("id", \.id), .body("handle", \.handle),
        .body("displayName", \.displayName))
}

package enum ArticleStatus: String, JSONEnumeration {
    case draft
    case published
}

/// An article: the published snapshot for the public, the working copy for its author.
package struct ArticleView: Shaped {
    package let id: ArticleID
    package let type: String
    package let slug: String
    package let title: String
    package let summary: String
    /// CommonMark.
    package let body: String
    /// Rendered at write, raw HTML off.
    package let bodyHtml: String
    package let data: JSONValue
    package let tags: [String]
    package let category: String?
    package let locale: String
    package let author: AuthorView
    package let status: ArticleStatus
    package let publishedAt: Timestamp?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    package let readingMinutes: Int
    package let etag: EntityTag

    package init(
        id: ArticleID, type: String, slug: String, title: String, summary: String, body: String, bodyHtml: String,
        data: JSONValue, tags: [String], category: String?, locale: String, author: AuthorView,
        status: ArticleStatus, publishedAt: Timestamp?, createdAt: Timestamp, updatedAt: Timestamp,
        readingMinutes: Int, etag: EntityTag
    ) {
        self.id = id
        self.type = type
        self.slug = slug
        self.title = title
        self.summary = summary
        self.body = body
        self.bodyHtml = bodyHtml
        self.data = data
        self.tags = tags
        self.category = category
        self.locale = locale
        self.author = author
        self.status = status
        self.publishedAt = publishedAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.readingMinutes = readingMinutes
        self.etag = etag
    }

    package static let shape = Shape(
        ArticleView.init, named: "Article", .body("id", \.id), .body("type", \.type), .body("slug", \.slug),
        .body("title", \.title), .body("summary", \.summary),
        .body("body", \.body).documented("CommonMark."),
        .body("bodyHtml", \.bodyHtml).documented("Rendered from the body; raw HTML is left out."),
        .body("data", \.data), .body("tags", \.tags), .body("category", \.category), .body("locale", \.locale),
        .body("author", \.author), .body("status", \.status), .body("publishedAt", \.publishedAt),
        .body("createdAt", \.createdAt), .body("updatedAt", \.updatedAt),
        .body("readingMinutes", \.readingMinutes), .body("etag", \.etag))
}

/// An article in a list: without its bodies.
package struct ArticleSummary: Shaped {
    package let id: ArticleID
    package let type: String
    package let slug: String
    package let title: String
    package let summary: String
    package let tags: [String]
    package let category: String?
    package let locale: String
    package let author: AuthorView
    package let publishedAt: Timestamp
    package let updatedAt: Timestamp
    package let readingMinutes: Int

    package init(
        id: ArticleID, type: String, slug: String, title: String, summary: String, tags: [String],
        category: String?, locale: String, author: AuthorView, publishedAt: Timestamp, updatedAt: Timestamp,
        readingMinutes: Int
    ) {
        self.id = id
        self.type = type
        self.slug = slug
        self.title = title
        self.summary = summary
        self.tags = tags
        self.category = category
        self.locale = locale
        self.author = author
        self.publishedAt = publishedAt
        self.updatedAt = updatedAt
        self.readingMinutes = readingMinutes
    }

    package static let shape = Shape(
        ArticleSummary.init, named: "ArticleSummary", .body("id", \.id), .body("type", \.type),
        .body("slug", \.slug), .body("title", \.title), .body("summary", \.summary), .body("tags", \.tags),
        .body("category", \.category), .body("locale", \.locale), .body("author", \.author),
        .body("publishedAt", \.publishedAt), .body("updatedAt", \.updatedAt),
        .body("readingMinutes", \.readingMinutes))
}

/// An id, or a slug: an id is taken wherever a slug is.
package enum ArticleReference: TextRepresentable, Hashable {
    case id(ArticleID)
    case slug(String)

    package static var textSchema: SchemaDescription { String.schema }

    package init?(text: String?) {
        guard let text else { return nil }
        if let id = ArticleID(text) {
            self = .id(id)
        } else if Slug.isValid(text), text.utf8.count <= 100 {
            self = .slug(text)
        } else {
            return nil
        }
    }

    package var text: String? {
        switch self {
        case .id(let id): id.description
        case .slug(let slug): slug
        }
    }
}
