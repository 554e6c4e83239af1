package import Contract
package import Logging
package import Postgres
package import Primitives
internal import Protocol

/// The profiles of accounts: how people call themselves and are shown. Knows nothing of passwords or sessions; what it
/// needs of an account it asks auth for, once.
package struct UserService: Sendable {
    package static let schema = "users"
    package static let migrations: [Migration] = [.profiles]

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
        store = ProfileStore(session: database)
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
}
