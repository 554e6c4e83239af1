internal import Contract
internal import Cryptography
internal import Postgres
internal import Primitives
internal import Protocol

struct ListSessionsHandler: Handler {
    typealias Operation = ListSessions
    let parts: AuthParts

    func handle(_ input: Nothing, _ call: Call<SignedIn>) async throws -> Items<SessionView> {
        let sessions = try await parts.sessions.list(
            of: call.caller.id, current: call.caller.account.session, at: parts.clock.now, in: parts.database)
        return Items(items: sessions)
    }
}

struct ReadKeySetHandler: Handler {
    typealias Operation = ReadKeySet
    let parts: AuthParts

    func handle(_ input: Nothing, _ call: Call<Anyone>) async throws -> KeySetView {
        let keys = try await parts.signingKeys.published().map { key in
            PublicKeyView(x: Base64URL.encode(key.x), y: Base64URL.encode(key.y), kid: key.keyID)
        }
        return KeySetView(keys: keys)
    }
}

struct ListRevocationsHandler: Handler {
    typealias Operation = ListRevocations
    /// The life of an access token, its leeway, and some more for clocks that differ.
    static let window: Duration = .seconds(20 * 60)
    let parts: AuthParts

    func handle(_ input: Nothing, _ call: Call<PeerOrGateway>) async throws -> Items<RevocationView> {
        let since = parts.clock.now - Self.window
        return Items(items: try await parts.revocations.list(since: since, in: parts.database))
    }
}
