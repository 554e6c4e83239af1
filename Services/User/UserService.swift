package import Contract
package import Ledger
package import Logging
package import Postgres
package import Primitives
internal import Protocol

/// The profiles of accounts: how people call themselves and are shown. Knows nothing of passwords or sessions; what it
/// needs of an account it hears from auth's events, or asks auth for where they are late.
package struct UserService: Sendable {
    package static let schema = "users"
    package static let migrations: [Migration] = [
        .profiles, Migration(2, "events", Outbox.migrationSQL + Inbox.migrationSQL), .standings,
    ]

    private let store: ProfileStore
    private let firstSight: FirstSight
    private let clock: Clock

    /// - Parameters:
    ///   - database: as the data-only role, with `schema` as its search path.
    ///   - auth: answers `ReadAccount`.
    package init(
        configuration: UserConfiguration = UserConfiguration(), database: Database, auth: any EndpointCaller,
        clock: Clock = .system, logger: Logger
    ) {
        store = ProfileStore(database: database)
        firstSight = FirstSight(
            store: store, auth: auth, configuration: configuration, clock: clock, logger: logger)
        self.clock = clock
    }

    package var endpoints: [BoundEndpoint] {
        Suite.user.serve(
            ReadMyProfileHandler(firstSight: firstSight),
            UpdateMyProfileHandler(store: store, firstSight: firstSight, clock: clock),
            ReadProfileHandler(store: store),
            ReadProfilesHandler(store: store, firstSight: firstSight))
    }

    /// What it does with what other services tell.
    package var subscriptions: [Subscription] {
        let follower = AccountFollower(firstSight: firstSight, store: store)
        return [
            Subscription(AccountRegistered.self) { event, _, transaction in
                try await follower.registered(event, in: transaction)
            },
            Subscription(AccountDisabled.self) { event, _, transaction in
                try await follower.disabled(event, in: transaction)
            },
            Subscription(AccountEnabled.self) { event, _, transaction in
                try await follower.enabled(event, in: transaction)
            },
            Subscription(AccountDeleted.self) { event, _, transaction in
                try await follower.deleted(event, in: transaction)
            },
        ]
    }
}
