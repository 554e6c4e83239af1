package import Contract
internal import Primitives

/// What the public reads of an article changed: it was published, taken back, deleted, or has another slug.
package enum ArticleChanged: PurgingTopic {
    package struct Payload: Sendable, Hashable {
        package let article: ArticleID
        package let author: AccountID
        /// Every slug that leads to it, or would if it were public.
        package let slugs: [String]

        package init(article: ArticleID, author: AccountID, slugs: [String]) {
            self.article = article
            self.author = author
            self.slugs = slugs
        }
    }
    package static let producer = ServiceName.content
    package static let consumers: [ServiceName] = []
    package static let payload = Shape(
        Payload.init, .body("article", \.article), .body("author", \.author), .body("slugs", \.slugs))
    package static let summary = "What the public reads of an article changed."

    package static func key(_ payload: Payload) -> String { payload.article.description }

    package static func cacheTags(_ payload: Payload) -> [CacheTag] {
        [ArticleTags.lists, ArticleTags.article(payload.article)] + payload.slugs.map(ArticleTags.slug)
    }
}

/// What the public reads of all articles of an author changed: the author's name, or whether they are there at all.
package enum AuthorChanged: PurgingTopic {
    package struct Payload: Sendable, Hashable {
        package let author: AccountID
        /// Whether articles came or went.
        package let hasMoved: Bool

        package init(author: AccountID, hasMoved: Bool) {
            self.author = author
            self.hasMoved = hasMoved
        }
    }
    package static let producer = ServiceName.content
    package static let consumers: [ServiceName] = []
    package static let payload = Shape(Payload.init, .body("author", \.author), .body("hasMoved", \.hasMoved))
    package static let summary = "What the public reads of an author's articles changed."

    package static func key(_ payload: Payload) -> String { payload.author.description }

    package static func cacheTags(_ payload: Payload) -> [CacheTag] {
        // Of articles that come back it may be kept that they are not there, by slugs that nobody has counted.
        [ArticleTags.lists, payload.hasMoved ? ArticleTags.all : ArticleTags.author(payload.author)]
    }
}

/// What kept answers about articles are let go of by.
enum ArticleTags {
    /// Every list.
    static let lists = CacheTag("article-lists")
    /// Every single article, and that there is none.
    static let all = CacheTag("articles")

    static func article(_ id: ArticleID) -> CacheTag { CacheTag("article", id.description) }
    static func slug(_ slug: String) -> CacheTag { CacheTag("article", slug) }
    static func author(_ id: AccountID) -> CacheTag { CacheTag("author", id.description) }

    /// Of an answer that shows the article, or leads to it.
    static func of(_ article: ArticleID, by author: AccountID) -> [CacheTag] {
        [self.article(article), self.author(author)]
    }

    /// Of a change of the article.
    static func of(_ article: ArticleID, slug: String) -> [CacheTag] {
        [lists, self.article(article), self.slug(slug)]
    }
}
