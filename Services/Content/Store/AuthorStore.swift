internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

/// The projection of authors in Postgres.
struct AuthorStore: Sendable {
    let session: any Session

    struct Known: Sendable {
        let view: AuthorView
        let refreshedAt: Timestamp

        init(id: AccountID, handle: String, displayName: String, refreshedAt: Timestamp) {
            view = AuthorView(id: id, handle: handle, displayName: displayName)
            self.refreshedAt = refreshedAt
        }
    }

    private static let byID = Statement<Known, AccountID>(
        "content.author-by-id", "SELECT id, handle, display_name, refreshed_at FROM authors WHERE id = $1", Known.init)

    /// A slower writer does not overwrite what a faster one has learnt later.
    private static let upsert = Statement<Void, AccountID, String, String, Timestamp>(
        "content.upsert-author",
        """
        INSERT INTO authors (id, handle, display_name, refreshed_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO UPDATE
        SET handle = excluded.handle, display_name = excluded.display_name, refreshed_at = excluded.refreshed_at
        WHERE authors.refreshed_at <= excluded.refreshed_at
        """)

    func author(_ id: AccountID) async throws(PostgresFailure) -> Known? {
        try await session.first(Self.byID, id)
    }

    func put(_ author: AuthorView, at now: Timestamp) async throws(PostgresFailure) {
        try await session.execute(Self.upsert, author.id, author.handle, author.displayName, now)
    }
}
