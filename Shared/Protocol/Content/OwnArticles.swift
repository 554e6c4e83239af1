package import Contract
package import JSON
internal import Primitives

/// Creates a draft.
package enum CreateArticle: Endpoint {
    package typealias Caller = Permitted<WriteArticles>
    package struct Input: Sendable {
        package let title: String
        package let body: String
        package let summary: String?
        package let slug: String?
        package let tags: [String]?
        package let locale: String?
        package let data: JSONValue?

        package init(
            title: String, body: String, summary: String? = nil, slug: String? = nil, tags: [String]? = nil,
            locale: String? = nil, data: JSONValue? = nil
        ) {
            self.title = title
            self.body = body
            self.summary = summary
            self.slug = slug
            self.tags = tags
            self.locale = locale
            self.data = data
        }
    }
    package typealias Output = ArticleView
    package enum Failure: String, DeclaredFailure { case slugTaken = "slug-taken" }
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/articles"
    package static let policy = Policy(
        visibility: .public, rate: .write, retry: .keyed, bodyBytesMax: 512 * 1024)
    package static let input = Shape(
        Input.init, .body("title", \.title, .length(1...200), .singleLine), .body("body", \.body, .length(0...100_000)),
        .body("summary", \.summary, .length(0...500)), .body("slug", \.slug, .slug(1...100)),
        .body("tags", \.tags, .distinct(0...10, eachLength: 1...40)), .body("locale", \.locale, .languageTag),
        .body("data", \.data, .smallObject))
    package static let output = Answer.created(
        ArticleView.shape, headers: [.etag(\.etag), .location { "/v1/articles/\($0.id)/draft" }], "The draft.")
    package static let summary = "Create a draft."
}

/// Reads the working copy.
package enum ReadDraft: Endpoint {
    package typealias Caller = Permitted<WriteArticles>
    package struct Input: Sendable {
        package let article: ArticleReference
    }
    package typealias Output = ArticleView
    package enum Failure: String, DeclaredFailure { case notFound = "not-found" }
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/v1/articles/{article}/draft"
    package static let policy = Policy(visibility: .public, rate: .read, retry: .safe)
    package static let input = Shape(Input.init, .path("article", \.article))
    package static let output = Answer.ok(ArticleView.shape, headers: [.etag(\.etag)])
    package static let summary = "The working copy of an own article."
}

/// Changes the working copy; what the public reads stays until the next publish.
package enum UpdateArticle: Endpoint {
    package typealias Caller = Permitted<WriteArticles>
    package struct Input: ConditionalInput {
        package let article: ArticleReference
        package let ifMatch: IfMatch?
        package let title: Change<String>
        package let body: Change<String>
        package let summary: Change<String?>
        package let slug: Change<String>
        package let tags: Change<[String]>
        package let locale: Change<String>
        package let data: Change<JSONValue>
    }
    package typealias Output = ArticleView
    package enum Failure: String, DeclaredFailure {
        case notFound = "not-found"
        case slugTaken = "slug-taken"
        case preconditionFailed = "precondition-failed"
        case preconditionRequired = "precondition-required"
    }
    package static let method = EndpointMethod.patch
    package static let path: StaticString = "/v1/articles/{article}"
    package static let policy = Policy(
        visibility: .public, rate: .write, retry: .never, bodyBytesMax: 512 * 1024)
    package static let input = Shape(
        Input.init, .path("article", \.article), .header("if-match", \.ifMatch),
        .body("title", \.title, .length(1...200), .singleLine), .body("body", \.body, .length(0...100_000)),
        .body("summary", \.summary, .length(0...500)), .body("slug", \.slug, .slug(1...100)),
        .body("tags", \.tags, .distinct(0...10, eachLength: 1...40)), .body("locale", \.locale, .languageTag),
        .body("data", \.data, .smallObject))
    package static let output = Answer.ok(ArticleView.shape, headers: [.etag(\.etag)], "The working copy.")
    package static let summary = "Change the working copy of an own article."
}

/// Deletes an article. Its row stays, marked as deleted, until its author is erased; nothing brings it back.
package enum DeleteArticle: Endpoint {
    package typealias Caller = Permitted<WriteArticles>
    package struct Input: ConditionalInput {
        package let article: ArticleReference
        package let ifMatch: IfMatch?
    }
    package typealias Output = Nothing
    package enum Failure: String, DeclaredFailure {
        case notFound = "not-found"
        case preconditionFailed = "precondition-failed"
        case preconditionRequired = "precondition-required"
    }
    package static let method = EndpointMethod.delete
    package static let path: StaticString = "/v1/articles/{article}"
    package static let policy = Policy(
        visibility: .public, rate: .write, retry: .never, purges: ["article-lists", "article/{article}"])
    package static let input = Shape(Input.init, .path("article", \.article), .header("if-match", \.ifMatch))
    package static let output = Answer<Nothing>.noContent
    package static let summary = "Delete an own article."
}

/// Makes the working copy what the public reads.
package enum PublishArticle: Endpoint {
    package typealias Caller = Permitted<PublishArticles>
    package struct Input: Sendable {
        package let article: ArticleReference
        package let ifMatch: IfMatch?
    }
    package typealias Output = ArticleView
    package enum Failure: String, DeclaredFailure {
        case notFound = "not-found"
        case alreadyPublished = "already-published"
        case authorDisabled = "author-disabled"
        case preconditionFailed = "precondition-failed"
    }
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/articles/{article}/publish"
    package static let policy = Policy(
        visibility: .public, rate: .write, retry: .keyed, purges: ["article-lists", "article/{article}"])
    package static let input = Shape(Input.init, .path("article", \.article), .header("if-match", \.ifMatch))
    package static let output = Answer.ok(ArticleView.shape, headers: [.etag(\.etag)], "What is published now.")
        .tagged { ArticleTags.of($0.id, slug: $0.slug) }
    package static let details =
        "Without `If-Match`, whatever the working copy is by then; with it, that version or none."
    package static let summary = "Publish the working copy."
}

/// Takes an article back from the public; the working copy stays.
package enum UnpublishArticle: Endpoint {
    package typealias Caller = Permitted<PublishArticles>
    package struct Input: Sendable {
        package let article: ArticleReference
        package let ifMatch: IfMatch?
    }
    package typealias Output = ArticleView
    package enum Failure: String, DeclaredFailure {
        case notFound = "not-found"
        case notPublished = "not-published"
        case preconditionFailed = "precondition-failed"
    }
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/articles/{article}/unpublish"
    package static let policy = Policy(
        visibility: .public, rate: .write, retry: .keyed, purges: ["article-lists", "article/{article}"])
    package static let input = Shape(Input.init, .path("article", \.article), .header("if-match", \.ifMatch))
    package static let output = Answer.ok(ArticleView.shape, headers: [.etag(\.etag)], "The working copy.")
        .tagged { ArticleTags.of($0.id, slug: $0.slug) }
    package static let details =
        "Without `If-Match`, whatever the working copy is by then; with it, that version or none."
    package static let summary = "Take an article back from the public."
}
