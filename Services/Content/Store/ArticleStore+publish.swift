internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

extension ArticleStore {
    enum Publishing: Sendable {
        case done(Draft)
        /// The public reads this version already.
        case unchanged
        /// It has been deleted meanwhile.
        case gone
    }

    enum Unpublishing: Sendable {
        case done(Draft)
        case notPublished
        case gone
    }

    /// The most slugs that an article keeps leading to it.
    static let slugsMax = 20

    /// Makes the working copy, as it is now, what the public reads.
    func publish(_ id: ArticleID, at now: Timestamp) async throws -> Publishing {
        try await database.transaction(attemptsMax: 3) { transaction in
            guard let draft = try await transaction.first(DraftStatements.lock, id) else { return .gone }
            guard draft.publication?.version != draft.version else { return .unchanged }
            let publication = Draft.Publication(
                version: draft.version, publishedAt: draft.publication?.publishedAt ?? now)
            try await transaction.execute(SnapshotStatements.put, id, publication.publishedAt)
            try await transaction.execute(SnapshotStatements.removeTags, id)
            try await transaction.execute(
                SnapshotStatements.putTags, id, publication.publishedAt, draft.text.locale, draft.text.tags)
            try await transaction.execute(SnapshotStatements.markSlug, draft.text.slug, now)
            try await transaction.execute(SnapshotStatements.trimSlugs, id, Self.slugsMax)
            try await transaction.execute(
                DraftStatements.markPublished, id, publication.version, publication.publishedAt)
            return .done(draft.replacing(publication: publication))
        }
    }

    /// Takes the article from the public; the working copy stays.
    func unpublish(_ id: ArticleID) async throws -> Unpublishing {
        try await database.transaction { transaction in
            guard let draft = try await transaction.first(DraftStatements.lock, id) else { return .gone }
            guard draft.publication != nil else { return .notPublished }
            try await transaction.execute(SnapshotStatements.remove, id)
            try await transaction.execute(DraftStatements.markUnpublished, id)
            return .done(draft.replacing(publication: nil))
        }
    }
}
