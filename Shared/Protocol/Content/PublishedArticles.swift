package import Contract
internal import Primitives

/// The published articles, newest first.
package enum ListArticles: Endpoint {
    package typealias Caller = Anyone
    package struct Input: Sendable {
        package let tag: String?
        package let author: AccountID?
        package let locale: String?
        package let limit: Int
        package let cursor: String?
    }
    package struct Output: Sendable {
        package let listing: Listing<ArticleSummary>
        /// The target of the next page, for `Link`; nil on the last.
        package let nextLink: String?

        package init(listing: Listing<ArticleSummary>, nextLink: String?) {
            self.listing = listing
            self.nextLink = nextLink
        }

        init(items: [ArticleSummary], page: Page) {
            self.init(listing: Listing(items: items, page: page), nextLink: nil)
        }
    }
    package enum Failure: String, DeclaredFailure { case cursorInvalid = "cursor-invalid" }
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/v1/articles"
    package static let policy = Policy(
        visibility: .public, rate: .read, retry: .safe,
        cache: .shared(
            SharedCaching(
                freshFor: .seconds(60), staleWhileRevalidating: .seconds(30), staleIfError: .seconds(600),
                audience: .everyone, tags: ["article-lists"])), criticality: .sheddable)
    package static let input = Shape(
        Input.init, .query("tag", \.tag, .length(1...40)), .query("author", \.author),
        .query("locale", \.locale, .languageTag), .query("limit", \.limit, .default(20), .range(1...100)),
        .query("cursor", \.cursor, .length(1...512)))
    package static let output = Answer.ok(
        Shape(
            Output.init(items:page:), named: "ArticleList", .body("items", \.listing.items),
            .body("page", \.listing.page)),
        headers: [
            AnswerHeader("link", "The next page (RFC 8288).") { $0.nextLink.map { "<\($0)>; rel=\"next\"" } }
        ])
    package static let summary = "Published articles, newest first."
}

/// One published article.
package enum ReadArticle: Endpoint {
    package typealias Caller = Anyone
    package struct Input: Sendable {
        package let article: ArticleReference
    }
    package enum Output: Sendable {
        case article(ArticleView)
        /// The slug that was asked for belongs to an article with a new one.
        case moved(Moved)
    }
    package struct Moved: Sendable {
        package let location: String
        /// What the kept answer is about.
        let tags: [CacheTag]

        package init(location: String, article: ArticleID, author: AccountID) {
            self.location = location
            tags = ArticleTags.of(article, by: author)
        }

        init(location: String) {
            self.location = location
            tags = []
        }
    }
    package enum Failure: String, DeclaredFailure { case notFound = "not-found" }
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/v1/articles/{article}"
    package static let policy = Policy(
        visibility: .public, rate: .read, retry: .safe,
        cache: .shared(
            SharedCaching(
                freshFor: .seconds(300), staleWhileRevalidating: .seconds(60), staleIfError: .seconds(3600),
                statuses: [200, 301], absentFor: .seconds(10), audience: .everyone,
                tags: ["articles", "article/{article}"])))
    package static let input = Shape(Input.init, .path("article", \.article))
    package static let output = Answer.oneOf(
        Alternative(
            200, ArticleView.shape, headers: [.etag(\.etag)], "The article.", wrap: Output.article,
            unwrap: { if case .article(let view) = $0 { view } else { nil } }),
        Alternative(
            301, Shape(Moved.init(location:), .header("location", \.location)), "The slug has changed.",
            wrap: Output.moved, unwrap: { if case .moved(let moved) = $0 { moved } else { nil } })
    ).tagged { output in
        switch output {
        case .article(let view): ArticleTags.of(view.id, by: view.author.id)
        case .moved(let moved): moved.tags
        }
    }
    package static let summary = "A published article with its author, by slug or id."
}
