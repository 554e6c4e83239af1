internal import Contract
internal import Protocol

struct ReadProfilesHandler: Handler {
    typealias Operation = ReadProfiles
    let store: ProfileStore
    let firstSight: FirstSight

    /// In the order of the ids, each once, without those that are hidden.
    func handle(_ input: ReadProfiles.Input, _ call: Call<PeerService>) async throws -> Items<ProfileFacts> {
        var found: [AccountID: Profile] = [:]
        for profile in try await store.profiles(input.ids) { found[profile.id] = profile }
        var seen: Set<AccountID> = []
        let ids = input.ids.filter { seen.insert($0).inserted }
        for profile in try await firstSight.profiles(of: ids.filter { found[$0] == nil }, for: call.facts) {
            found[profile.id] = profile
        }
        return Items(items: ids.compactMap { found[$0] }.filter { !$0.isHidden }.map(\.facts))
    }
}
