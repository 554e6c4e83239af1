internal import Contract
internal import Primitives
internal import Protocol

/// A profile as it is kept.
struct Profile: Versioned, Hashable {
    let id: AccountID
    var handle: String
    var displayName: String
    var bio: String
    let avatarUrl: String?
    var locale: String
    var timeZone: String
    /// Counted up by each change, from 1.
    let version: Int
    /// Whether the account is disabled, so that only its owner could see the profile.
    let isHidden: Bool
    let createdAt: Timestamp
    let updatedAt: Timestamp

    var etag: EntityTag { EntityTag(version: version) }

    /// What its owner sees.
    var view: ProfileView {
        ProfileView(
            id: id, handle: handle, displayName: displayName, bio: bio, avatarUrl: avatarUrl, locale: locale,
            timeZone: timeZone, createdAt: createdAt, updatedAt: updatedAt, etag: etag)
    }

    /// What anyone sees.
    var publicProfile: PublicProfile {
        PublicProfile(id: id, handle: handle, displayName: displayName, bio: bio, avatarUrl: avatarUrl)
    }

    /// What other services keep of it.
    var facts: ProfileFacts {
        ProfileFacts(
            id: id, handle: handle, displayName: displayName, version: version, bio: bio, avatarUrl: avatarUrl)
    }

    /// What to tell other services where this profile has become `next`; nil where they keep none of what changed.
    func change(to next: Profile) -> ProfileChanged.Payload? {
        guard next.handle != handle || next.displayName != displayName else { return nil }
        return ProfileChanged.Payload(
            account: id, handle: next.handle, displayName: next.displayName, version: next.version)
    }

    /// This profile after a merge patch.
    ///
    /// - Throws: a validation problem with every value that the contract's rules alone cannot refuse.
    func applying(_ input: UpdateMyProfile.Input) throws(Problem) -> Profile {
        var copy = self
        var faults: [FieldFault] = []
        if let handle = input.handle.value, handle != self.handle {
            if Handle.isReserved(handle) {
                faults.append(FieldFault(.body(pointer: "/handle"), "reserved", "This handle is reserved."))
            }
            copy.handle = handle
        }
        if let text = input.displayName.value {
            if let name = DisplayName.cleaned(text) {
                copy.displayName = name
            } else {
                faults.append(FieldFault(.body(pointer: "/displayName"), "length", "It must not be blank."))
            }
        }
        if let bio = input.bio.value { copy.bio = bio ?? "" }
        copy.locale = input.locale.applied(to: locale)
        copy.timeZone = input.timeZone.applied(to: timeZone)
        guard faults.isEmpty else { throw Problem(inputFaults: faults) }
        return copy
    }
}
