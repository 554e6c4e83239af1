internal import Contract
internal import Ledger
internal import Postgres
internal import Primitives
internal import Protocol

/// Profiles in Postgres.
struct ProfileStore: Sendable {
    let database: Database

    /// How a compare-and-set ended.
    enum Update: Sendable {
        case done(Profile)
        /// Another version is there by now.
        case stale
        case handleTaken
    }

    func profile(_ id: AccountID) async throws(PostgresFailure) -> Profile? {
        try await database.first(ProfileStatements.byID, id)
    }

    func profile(_ id: AccountID, in transaction: Transaction) async throws(PostgresFailure) -> Profile? {
        try await transaction.first(ProfileStatements.byID, id)
    }

    func profile(handle: String) async throws(PostgresFailure) -> Profile? {
        try await database.first(ProfileStatements.byHandle, handle)
    }

    /// In no particular order, without those that are missing.
    func profiles(_ ids: [AccountID]) async throws(PostgresFailure) -> [Profile] {
        try await database.all(ProfileStatements.byIDs, ids)
    }

    /// Whether the profile was added; false where the account has one or the handle is taken.
    func insert(_ profile: Profile, in transaction: Transaction) async throws(PostgresFailure) -> Bool {
        try await transaction.execute(
            ProfileStatements.insert, profile.id, profile.handle, profile.displayName, profile.bio, profile.avatarUrl,
            profile.locale, profile.timeZone, profile.version, profile.isHidden, profile.createdAt,
            profile.updatedAt) == 1
    }

    /// Writes `next` where `current` is still what is there, and tells other services what they keep of it.
    func update(
        _ current: Profile, to next: Profile, requestID: String? = nil, at now: Timestamp
    ) async throws -> Update {
        do {
            return try await database.transaction { transaction in
                let written = try await transaction.first(
                    ProfileStatements.update, next.id, current.version, next.handle, next.displayName, next.bio,
                    next.locale, next.timeZone, now)
                guard let written else { return .stale }
                if let change = current.change(to: written) {
                    try await Outbox.append(
                        ProfileChanged.self, change, in: transaction, requestID: requestID, at: now)
                }
                return .done(written)
            }
        } catch let failure as PostgresFailure where failure.violates("profiles_handle_key") {
            return .handleTaken
        }
    }

    func setHidden(_ isHidden: Bool, of account: AccountID, in transaction: Transaction) async throws(PostgresFailure) {
        try await transaction.execute(ProfileStatements.hide, account, isHidden)
    }

    /// Deletes the profile; its handle is free again.
    func erase(_ account: AccountID, in transaction: Transaction) async throws(PostgresFailure) {
        try await transaction.execute(ProfileStatements.erase, account)
    }
}
