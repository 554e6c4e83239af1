internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

extension ArticleStore {
    /// How a compare-and-set of a working copy ended.
    enum Update: Sendable {
        case done(Draft)
        /// Another version is there by now, or none.
        case stale
        case slugTaken
    }

    /// Adds a working copy; false where the slug is taken, or the author was disabled or erased a moment ago. One
    /// statement, which fails for no slug.
    static func insert(
        _ text: ArticleText, id: ArticleID, author: AccountID, at now: Timestamp, in session: some Session
    ) async throws(PostgresFailure) -> Bool {
        try await session.execute(
            DraftStatements.insert, id, author, text.slug, text.title, text.summary, text.summaryIsDerived, text.body,
            text.bodyHtml, text.readingMinutes, text.data, text.tags, text.locale, now) == 1
    }

    /// Replaces the text of `draft` where its version is still the current one.
    func update(_ draft: Draft, to text: ArticleText, at now: Timestamp) async throws -> Update {
        guard text.slug != draft.text.slug else { return try await Self.write(draft, text, now, database) }
        do {
            return .done(
                try await database.transaction(attemptsMax: 3) { transaction in
                    guard let locked = try await transaction.first(DraftStatements.lock, draft.id),
                        locked.version == draft.version
                    else { throw Undone.stale }
                    guard try await transaction.execute(SnapshotStatements.claimSlug, text.slug, draft.id) == 1 else {
                        throw Undone.slugTaken
                    }
                    guard case .done(let written) = try await Self.write(draft, text, now, transaction) else {
                        throw Undone.stale
                    }
                    try await transaction.execute(SnapshotStatements.releaseSlug, draft.text.slug, draft.id)
                    return written
                })
        } catch let undone as Undone {
            return undone == .stale ? .stale : .slugTaken
        }
    }

    /// Deletes the working copy and takes it from the public, where its version is still the current one.
    func delete(_ draft: Draft, at now: Timestamp) async throws -> Bool {
        try await database.transaction(attemptsMax: 3) { transaction in
            _ = try await transaction.first(AuthorStatements.holdOfArticle, draft.id)
            let deleted = try await transaction.execute(DraftStatements.delete, draft.id, draft.version, now) == 1
            // A statement of its own: it must see a snapshot that was committed while the first one waited.
            if deleted {
                try await transaction.execute(SnapshotStatements.remove, draft.id)
                try await PublicChange.tell(of: draft.id, by: draft.author.id, at: now, in: transaction)
            }
            return deleted
        }
    }

    private static func write(
        _ draft: Draft, _ text: ArticleText, _ now: Timestamp, _ session: some Session
    ) async throws(PostgresFailure) -> Update {
        let version = try await session.first(
            DraftStatements.update, draft.id, draft.version, text.slug, text.title, text.summary,
            text.summaryIsDerived, text.body, text.bodyHtml, text.readingMinutes, text.data, text.tags, text.locale,
            now)
        guard let version else { return .stale }
        return .done(draft.replacing(text: text, version: version, updatedAt: now))
    }

    /// Why a transaction was rolled back on purpose.
    private enum Undone: Error {
        case stale
        case slugTaken
    }
}
