internal import Contract
internal import Protocol

struct ReadMyProfileHandler: Handler {
    typealias Operation = ReadMyProfile
    let firstSight: FirstSight

    func handle(_ input: Nothing, _ call: Call<SignedIn>) async throws -> ProfileView {
        // An access token may outlive its account for a moment.
        guard let profile = try await firstSight.profile(of: call.caller.id, for: call.facts) else {
            throw Problem(.accessTokenInvalid)
        }
        return profile.view
    }
}
