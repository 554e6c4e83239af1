internal import Contract
internal import Postgres
internal import Primitives

/// Profiles in Postgres.
struct ProfileStore: Sendable {
    let session: any Session

    /// How a compare-and-set ended.
    enum Update: Sendable {
        case done(Profile)
        /// Another version is there by now.
        case stale
        case handleTaken
    }

    func profile(_ id: AccountID) async throws(PostgresFailure) -> Profile? {
        try await session.first(ProfileStatements.byID, id)
    }

    func profile(handle: String) async throws(PostgresFailure) -> Profile? {
        try await session.first(ProfileStatements.byHandle, handle)
    }

    /// In no particular order, without those that are missing.
    func profiles(_ ids: [AccountID]) async throws(PostgresFailure) -> [Profile] {
        try await session.all(ProfileStatements.byIDs, ids)
    }

    /// Whether the profile was added; false where the account has one or the handle is taken.
    func insert(_ profile: Profile) async throws(PostgresFailure) -> Bool {
        try await session.execute(
            ProfileStatements.insert, profile.id, profile.handle, profile.displayName, profile.bio, profile.avatarUrl,
            profile.locale, profile.timeZone, profile.version, profile.createdAt, profile.updatedAt) == 1
    }

    /// Writes `profile` where its version is still the current one.
    func update(_ profile: Profile, at now: Timestamp) async throws(PostgresFailure) -> Update {
        do {
            let written = try await session.first(
                ProfileStatements.update, profile.id, profile.version, profile.handle, profile.displayName, profile.bio,
                profile.locale, profile.timeZone, now)
            return written.map(Update.done) ?? .stale
        } catch {
            if error.violates("profiles_handle_key") { return .handleTaken }
            throw error
        }
    }
}
