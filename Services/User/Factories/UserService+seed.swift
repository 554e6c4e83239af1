internal import Contract
internal import Logging
package import Postgres
internal import Primitives
package import Protocol

extension UserService {
    /// Makes the profiles of demonstration accounts, as their first sight would, with words about themselves. Profiles
    /// that are there stay as they are, so that it can run at every start. Accounts that were erased get none.
    package static func seed(_ accounts: [AccountFacts], database: Database) async throws -> [ProfileFacts] {
        let store = ProfileStore(database: database)
        var profiles: [ProfileFacts] = []
        for account in accounts {
            let clock = Clock { account.createdAt }
            let firstSight = FirstSight(
                store: store, auth: NoPeer(), configuration: UserConfiguration(), clock: clock,
                logger: Logger(label: "causeway.seed"))
            guard var profile = try await firstSight.make(from: account) else { continue }
            if profile.version == 1, profile.bio.isEmpty {
                var next = profile
                next.bio = Biography.of(account.id)
                if case .done(let written) = try await store.update(profile, to: next, at: account.createdAt) {
                    profile = written
                }
            }
            profiles.append(profile.facts)
        }
        return profiles
    }
}

/// Seeding asks nobody.
private struct NoPeer: EndpointCaller {
    func call<E: Endpoint>(
        _ endpoint: E.Type, _ input: E.Input, for facts: CallFacts?
    ) async throws(CallFault) -> E.Output {
        throw .unavailable(didNoWork: true, reason: "no peer is called here")
    }
}
