internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

/// The projection of authors in Postgres.
struct AuthorStore: Sendable {
    let session: any Session

    struct Known: Sendable {
        /// Nil where only the account's standing was heard of.
        let view: AuthorView?
        let refreshedAt: Timestamp
        let standing: AuthorStanding

        init(id: AccountID, handle: String, displayName: String, refreshedAt: Timestamp, standing: AuthorStanding) {
            view = handle.isEmpty ? nil : AuthorView(id: id, handle: handle, displayName: displayName)
            self.refreshedAt = refreshedAt
            self.standing = standing
        }
    }

    func author(_ id: AccountID) async throws(PostgresFailure) -> Known? {
        try await session.first(AuthorStatements.byID, id)
    }

    /// Takes over what is known of a profile, unless something newer is known.
    func put(_ profile: ProfileFacts, at now: Timestamp) async throws(PostgresFailure) {
        try await session.execute(
            AuthorStatements.upsert, profile.id, profile.handle, profile.displayName, profile.version, now)
    }

    /// Takes a change of standing over; false where it is older than what is known, or the account was erased.
    func change(_ author: AccountID, to standing: AuthorStanding, epoch: Int) async throws(PostgresFailure) -> Bool {
        try await session.execute(AuthorStatements.changeStanding, author, standing, epoch) == 1
    }

    /// Forgets the name and buries the author.
    func erase(_ author: AccountID) async throws(PostgresFailure) {
        try await session.execute(AuthorStatements.erase, author)
    }
}
