internal import Contract
internal import Protocol

struct ReadProfileHandler: Handler {
    typealias Operation = ReadProfile
    let store: ProfileStore

    /// Anyone may ask, so an unknown account is not looked up in auth: that would let strangers make work there.
    func handle(_ input: ReadProfile.Input, _ call: Call<Anyone>) async throws -> ReadProfile.Output {
        let profile: Profile?
        switch input.user {
        case .id(let id): profile = try await store.profile(id)
        case .handle(let text):
            let handle = text.lowercased()
            profile = Slug.isValid(handle) ? try await store.profile(handle: handle) : nil
        }
        guard let profile, !profile.isHidden else { throw Rejection<Operation.Failure>(.notFound) }
        return ReadProfile.Output(profile: profile.publicProfile, etag: profile.etag)
    }
}
