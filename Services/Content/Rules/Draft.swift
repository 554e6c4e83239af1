internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

/// A working copy.
struct Draft: Versioned {
    let id: ArticleID
    let author: AuthorView
    var text: ArticleText
    /// Counted up by each change of the text, from 1. Publishing does not change it.
    let version: Int
    let publication: Publication?
    let createdAt: Timestamp
    let updatedAt: Timestamp

    /// What the public reads of it.
    struct Publication: Sendable, Hashable {
        let version: Int
        /// When it became public; a later publish of a newer version leaves it.
        let publishedAt: Timestamp
    }

    var etag: EntityTag {
        Representation.etag(version: version, author: author, publishedAt: publication?.publishedAt)
    }

    var view: ArticleView {
        ArticleView(
            id: id, type: Representation.type, slug: text.slug, title: text.title, summary: text.summary,
            body: text.body, bodyHtml: text.bodyHtml, data: Representation.data(text.data), tags: text.tags,
            category: nil, locale: text.locale, author: author, status: publication == nil ? .draft : .published,
            publishedAt: publication?.publishedAt, createdAt: createdAt, updatedAt: updatedAt,
            readingMinutes: text.readingMinutes, etag: etag)
    }

    func replacing(text: ArticleText, version: Int, updatedAt: Timestamp) -> Draft {
        Draft(
            id: id, author: author, text: text, version: version, publication: publication, createdAt: createdAt,
            updatedAt: updatedAt)
    }

    func replacing(publication: Publication?) -> Draft {
        Draft(
            id: id, author: author, text: text, version: version, publication: publication, createdAt: createdAt,
            updatedAt: updatedAt)
    }
}

/// Who may see and change a working copy: its author, and whoever may edit any article. For all others it does not
/// exist.
struct Access: Sendable {
    let account: AccountID
    let mayEditAny: Bool

    init(_ account: CallerContext.Account) {
        self.account = account.id
        mayEditAny = account.permissions.contains(EditAnyArticle.name)
    }
}
