internal import Contract
internal import Ledger
internal import Postgres
internal import Primitives
internal import Protocol

/// Tells whoever keeps what the public reads that it has changed, with the change itself. Call it after the statements
/// that change it.
enum PublicChange {
    static func tell(
        of article: ArticleID, by author: AccountID, at now: Timestamp, in transaction: Transaction
    ) async throws(PostgresFailure) {
        let slugs = try await transaction.all(SnapshotStatements.slugs, article)
        let change = ArticleChanged.Payload(article: article, author: author, slugs: slugs)
        try await Outbox.append(ArticleChanged.self, change, in: transaction, at: now)
    }

    /// - Parameter hasMoved: whether articles came or went; else it is the author's name.
    static func tell(
        ofAuthor author: AccountID, hasMoved: Bool, at now: Timestamp, in transaction: Transaction
    ) async throws(PostgresFailure) {
        let change = AuthorChanged.Payload(author: author, hasMoved: hasMoved)
        try await Outbox.append(AuthorChanged.self, change, in: transaction, at: now)
    }
}
