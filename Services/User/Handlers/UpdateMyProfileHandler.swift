internal import Contract
internal import Primitives
internal import Protocol

struct UpdateMyProfileHandler: PatchHandler {
    typealias Operation = UpdateMyProfile
    let store: ProfileStore
    let firstSight: FirstSight
    let clock: Clock

    func current(_ input: UpdateMyProfile.Input, _ call: Call<SignedIn>) async throws -> Profile {
        // An access token may outlive its account for a moment.
        guard let profile = try await firstSight.profile(of: call.caller.id, for: call.facts) else {
            throw Problem(.accessTokenInvalid)
        }
        return profile
    }

    func view(_ profile: Profile) -> ProfileView { profile.view }

    func write(
        _ input: UpdateMyProfile.Input, over profile: Profile, _ call: Call<SignedIn>
    ) async throws -> ProfileView? {
        let next = try profile.applying(input)
        guard next != profile else { return profile.view }
        switch try await store.update(profile, to: next, requestID: call.facts.requestID, at: clock.now) {
        case .done(let written): return written.view
        case .handleTaken: throw Rejection<Operation.Failure>(.handleTaken)
        case .stale: return nil
        }
    }
}
