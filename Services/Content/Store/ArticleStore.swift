internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

/// Articles in Postgres: reading. What changes them is in `ArticleStore+write` and `ArticleStore+publish`.
struct ArticleStore: Sendable {
    let database: Database

    /// The published article, in one statement.
    func published(_ reference: ArticleReference) async throws(PostgresFailure) -> ArticleView? {
        switch reference {
        case .slug(let slug): try await database.first(PublishedStatements.bySlug, slug)
        case .id(let id): try await database.first(PublishedStatements.byID, id)
        }
    }

    /// Where the published article is that once had `slug`.
    func article(onceAt slug: String) async throws(PostgresFailure) -> ReadArticle.Moved? {
        try await database.first(PublishedStatements.slugAfter, slug)
    }

    /// At most `limit` articles behind `position`, and whether there are more.
    func list(
        _ filter: ArticleFilter, after position: ListPosition, limit: Int
    ) async throws(PostgresFailure) -> (items: [ArticleSummary], hasMore: Bool) {
        let rows =
            limit <= ShortListStatements.itemsMax
            ? try await short(filter, position) : try await long(filter, position)
        return (Array(rows.prefix(limit)), rows.count > limit)
    }

    func draft(_ reference: ArticleReference, for access: Access) async throws(PostgresFailure) -> Draft? {
        switch reference {
        case .id(let id):
            try await database.first(DraftStatements.byID, id, access.account, access.mayEditAny)
        case .slug(let slug):
            try await database.first(DraftStatements.bySlug, slug, access.account, access.mayEditAny)
        }
    }

    private func short(
        _ filter: ArticleFilter, _ position: ListPosition
    ) async throws(PostgresFailure) -> [ArticleSummary] {
        let (time, id) = (position.publishedAt, position.id)
        return switch (filter.author, filter.tag, filter.locale) {
        case (let author?, let tag, let locale):
            try await database.all(ShortListStatements.ofAuthor, time, id, author, locale, tag)
        case (nil, let tag?, let locale?):
            try await database.all(ShortListStatements.ofTagAndLocale, time, id, tag, locale)
        case (nil, let tag?, nil): try await database.all(ShortListStatements.ofTag, time, id, tag)
        case (nil, nil, let locale?): try await database.all(ShortListStatements.ofLocale, time, id, locale)
        case (nil, nil, nil): try await database.all(ShortListStatements.newest, time, id)
        }
    }

    private func long(
        _ filter: ArticleFilter, _ position: ListPosition
    ) async throws(PostgresFailure) -> [ArticleSummary] {
        let (time, id) = (position.publishedAt, position.id)
        return switch (filter.author, filter.tag, filter.locale) {
        case (let author?, let tag, let locale):
            try await database.all(LongListStatements.ofAuthor, time, id, author, locale, tag)
        case (nil, let tag?, let locale?):
            try await database.all(LongListStatements.ofTagAndLocale, time, id, tag, locale)
        case (nil, let tag?, nil): try await database.all(LongListStatements.ofTag, time, id, tag)
        case (nil, nil, let locale?): try await database.all(LongListStatements.ofLocale, time, id, locale)
        case (nil, nil, nil): try await database.all(LongListStatements.newest, time, id)
        }
    }
}
