internal import Contract
internal import Logging
internal import Primitives
internal import Protocol

/// What is known here of authors, so that reading an article asks no other service. It is filled when an author writes
/// for the first time, and follows the user service's events; later writes bring it up to date where those are late.
struct AuthorProjection: Sendable {
    let store: AuthorStore
    let user: any EndpointCaller
    let refreshAfter: Duration
    let clock: Clock
    let logger: Logger

    /// Makes sure that `id` is known, and not older than `refreshAfter` where the user service answers.
    ///
    /// - Returns: the author; nil where the user service knows no such account, or it is disabled or erased.
    func author(_ id: AccountID, for facts: CallFacts?) async throws -> AuthorView? {
        let known = try await store.author(id)
        if let known, known.standing != .active { return nil }
        if let view = known?.view, let known, clock.now - known.refreshedAt < refreshAfter { return view }
        do {
            let answer = try await user.call(ReadProfiles.self, ReadProfiles.Input(ids: [id]), for: facts)
            guard let profile = answer.items.first(where: { $0.id == id }) else { return known?.view }
            try await store.put(profile, at: clock.now)
            return AuthorView(id: id, handle: profile.handle, displayName: profile.displayName)
        } catch let fault as CallFault {
            // An old name is no reason to refuse a write.
            guard let view = known?.view else { throw fault }
            logger.warning("an author could not be refreshed", metadata: ["author": "\(id)", "fault": "\(fault)"])
            return view
        }
    }
}
