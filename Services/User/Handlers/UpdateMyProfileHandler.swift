internal import Contract
internal import Primitives
internal import Protocol

struct UpdateMyProfileHandler: Handler {
    typealias Operation = UpdateMyProfile
    let store: ProfileStore
    let firstSight: FirstSight
    let clock: Clock

    /// How often `If-Match: *` may lose against other writers before it gives up.
    private static let attemptsMax = 10

    func handle(_ input: UpdateMyProfile.Input, _ call: Call<SignedIn>) async throws -> ProfileView {
        guard let ifMatch = input.ifMatch else { throw Rejection<Operation.Failure>(.preconditionRequired) }
        for _ in 0..<Self.attemptsMax {
            guard let current = try await firstSight.profile(of: call.caller.id, for: call.facts) else {
                throw Problem(.accessTokenInvalid)
            }
            guard ifMatch.allows(current.version) else {
                throw Rejection<Operation.Failure>(
                    .preconditionFailed, headers: [("etag", current.etag.description)])
            }
            let next = try current.applying(input)
            guard next != current else { return current.view }
            switch try await store.update(next, at: clock.now) {
            case .done(let written): return written.view
            case .handleTaken: throw Rejection<Operation.Failure>(.handleTaken)
            case .stale: continue
            }
        }
        throw Problem(.unavailable, retryAfter: .seconds(1))
    }
}
