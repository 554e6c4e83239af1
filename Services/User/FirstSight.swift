internal import Contract
internal import Logging
internal import Postgres
internal import Primitives
internal import Protocol

/// Makes a profile when an account is heard or seen of here for the first time, from what auth knows of the account.
struct FirstSight: Sendable {
    let store: ProfileStore
    let standings = StandingStore()
    let auth: any EndpointCaller
    let configuration: UserConfiguration
    let clock: Clock
    let logger: Logger

    /// How many accounts are asked for at the same time.
    private static let accountReadsMax = 8

    /// The profile of `id`, made if it is missing; nil where auth knows no such account, or it was erased.
    func profile(of id: AccountID, for facts: CallFacts?) async throws -> Profile? {
        if let profile = try await store.profile(id) { return profile }
        do {
            let account = try await auth.call(ReadAccount.self, ReadAccount.Input(account: id), for: facts)
            return try await make(from: account)
        } catch CallFault.problem(code: ReadAccount.Failure.notFound.rawValue, _) {
            return nil
        }
    }

    /// The profiles of `ids` that auth knows, made where they are missing. All are made or an error is thrown.
    func profiles(of ids: [AccountID], for facts: CallFacts?) async throws -> [Profile] {
        try await withThrowingTaskGroup(of: Profile?.self) { group in
            var made: [Profile] = []
            var waiting = ids[...]
            for id in waiting.prefix(Self.accountReadsMax) {
                group.addTask { try await profile(of: id, for: facts) }
            }
            waiting = waiting.dropFirst(Self.accountReadsMax)
            while let profile = try await group.next() {
                if let profile { made.append(profile) }
                if let id = waiting.popFirst() { group.addTask { try await self.profile(of: id, for: facts) } }
            }
            return made
        }
    }

    /// Makes the profile of `account`, or returns the one that somebody else has made meanwhile; nil where the account
    /// was erased.
    func make(from account: AccountFacts) async throws -> Profile? {
        try await store.database.transaction { try await make(from: account, in: $0) }
    }

    func make(from account: AccountFacts, in transaction: Transaction) async throws -> Profile? {
        // From here on nobody else makes, hides or erases it.
        let standing = try await standings.lock(account.id, in: transaction)
        guard standing != .erased else { return nil }
        if let made = try await store.profile(account.id, in: transaction) { return made }
        let displayName = DisplayName.cleaned(account.displayName)
        for handle in Handle.candidates(for: displayName, id: account.id) {
            let now = clock.now
            let profile = Profile(
                id: account.id, handle: handle, displayName: displayName ?? handle, bio: "", avatarUrl: nil,
                locale: account.locale ?? configuration.defaultLocale, timeZone: configuration.defaultTimeZone,
                version: 1, isHidden: standing == .disabled, createdAt: now, updatedAt: now)
            if try await store.insert(profile, in: transaction) { return profile }
        }
        logger.error("every candidate for a handle is taken", metadata: ["account": "\(account.id)"])
        throw HandlesExhausted()
    }

    /// A bug, or a collision of many random ids.
    private struct HandlesExhausted: Error {}
}
