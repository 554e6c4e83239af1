internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

extension ArticleStore {
    enum Publishing: Sendable {
        case done(Draft)
        /// The public reads this version already.
        case unchanged
        /// The author is disabled or erased.
        case withheld
        /// The working copy is this, which has another version than was asked for.
        case stale(Draft)
        /// It has been deleted meanwhile.
        case gone
    }

    enum Unpublishing: Sendable {
        case done(Draft)
        case notPublished
        case stale(Draft)
        case gone
    }

    /// The most slugs that an article keeps leading to it.
    static let slugsMax = 20

    /// Makes the working copy, as it is now, what the public reads.
    ///
    /// - Parameter ifMatch: which versions; nil for any.
    static func publish(
        _ id: ArticleID, ifMatch: IfMatch? = nil, at now: Timestamp, in transaction: Transaction
    ) async throws(PostgresFailure) -> Publishing {
        // Before the article's own row. A publish that waits here for a change of standing finds it.
        let standing = try await transaction.first(AuthorStatements.holdOfArticle, id)
        guard standing == .active else { return standing == nil ? .gone : .withheld }
        guard let draft = try await transaction.first(DraftStatements.lock, id) else { return .gone }
        if let ifMatch, !ifMatch.allows(draft.version) { return .stale(draft) }
        guard draft.publication?.version != draft.version else { return .unchanged }
        let publication = Draft.Publication(
            version: draft.version, publishedAt: draft.publication?.publishedAt ?? now)
        try await transaction.execute(SnapshotStatements.put, id, publication.publishedAt)
        try await transaction.execute(SnapshotStatements.removeTags, id)
        try await transaction.execute(
            SnapshotStatements.putTags, id, publication.publishedAt, draft.text.locale, draft.text.tags)
        try await transaction.execute(SnapshotStatements.markSlug, draft.text.slug, now)
        try await transaction.execute(SnapshotStatements.trimSlugs, id, slugsMax)
        try await transaction.execute(
            DraftStatements.markPublished, id, publication.version, publication.publishedAt)
        try await PublicChange.tell(of: id, by: draft.author.id, at: now, in: transaction)
        return .done(draft.replacing(publication: publication))
    }

    /// Takes the article from the public; the working copy stays.
    static func unpublish(
        _ id: ArticleID, ifMatch: IfMatch? = nil, at now: Timestamp, in transaction: Transaction
    ) async throws(PostgresFailure) -> Unpublishing {
        _ = try await transaction.first(AuthorStatements.holdOfArticle, id)
        guard let draft = try await transaction.first(DraftStatements.lock, id) else { return .gone }
        if let ifMatch, !ifMatch.allows(draft.version) { return .stale(draft) }
        guard draft.publication != nil else { return .notPublished }
        try await transaction.execute(SnapshotStatements.remove, id)
        try await transaction.execute(DraftStatements.markUnpublished, id)
        try await PublicChange.tell(of: id, by: draft.author.id, at: now, in: transaction)
        return .done(draft.replacing(publication: nil))
    }
}
