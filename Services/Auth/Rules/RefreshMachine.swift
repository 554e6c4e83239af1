package import Primitives

/// What the store knows of a session when a refresh token did not rotate it.
package struct RefreshStanding: Sendable, Hashable {
    /// Of the newest refresh token.
    package let generation: Int
    /// When the newest refresh token was made.
    package let rotatedAt: Timestamp
    /// Whether the newest token is known to have reached its client.
    package let isConfirmed: Bool
    /// Whether the one late replay of the token before it was spent.
    package let isReplaySpent: Bool
    /// Who the newest token was made for.
    package let binding: ClientBinding
    package let isRevoked: Bool
    /// Whether the idle or the absolute time ran out, or the account is closed.
    package let hasEnded: Bool

    package init(
        generation: Int, rotatedAt: Timestamp, isConfirmed: Bool, isReplaySpent: Bool, binding: ClientBinding,
        isRevoked: Bool, hasEnded: Bool
    ) {
        self.generation = generation
        self.rotatedAt = rotatedAt
        self.isConfirmed = isConfirmed
        self.isReplaySpent = isReplaySpent
        self.binding = binding
        self.isRevoked = isRevoked
        self.hasEnded = hasEnded
    }
}

/// The rules of refreshing (RFC 9700, section 4.14.2; security.md, "rotation grace") as a value: the store's answers go
/// in, what to do next comes out.
///
///     start ─ rotate ─┬─ rotated ───────────────────────────────▶ issue(generation + 1)
///                     └─ notRotated ─ load ─┬─ newest + in grace ─▶ issue(newest)
///                            ▲              ├─ late replay ─ spend ─ spent ─▶ issue(newest)
///                            │              │                   └─ not spent ─▶ load again
///                            └──────────────┴─ older ─▶ revoke ─▶ refuse(reused)
///
/// The token of generation g asks; G is the session's newest.
/// - g = G: one compare-and-set makes G + 1. Of two at once one wins; the other finds g = G - 1 and gets the same
///   successor.
/// - g = G - 1 within `grace` of the rotation: the same successor again, since its answer may have been lost.
/// - g = G - 1 later: once, only while the successor is unconfirmed, and only for the same client.
/// - anything else was replayed: the session is revoked.
package struct RefreshMachine: Sendable {
    /// How often the store is asked anew when others change the session in between.
    package static let loadsMax = 3

    package enum Action: Sendable, Hashable {
        /// Make `generation + 1` the newest if `generation` is, and the session lives.
        case rotate(generation: Int)
        /// Read the session's standing.
        case load
        /// Mark the one late replay as spent if `generation` is still the newest, unconfirmed, and it is not spent.
        case spendReplay(generation: Int)
        /// Give out tokens of `generation`.
        case issue(generation: Int)
        /// Revoke the session, then refuse as `reused`.
        case revoke
        case refuse(Refusal)
    }

    package enum Refusal: Sendable, Hashable {
        /// There is no such session any more, or its time ran out.
        case invalid
        case revoked
        case reused
        /// Others kept changing the session: the client may try again.
        case contended
    }

    private let presented: Int
    private let binding: ClientBinding
    private let grace: Duration
    private let now: Timestamp
    private var loads = 0

    /// - Parameters:
    ///   - token: one whose authentication code was right.
    ///   - grace: for how long the token before the newest gives the newest again.
    package init(token: RefreshToken, binding: ClientBinding, grace: Duration, now: Timestamp) {
        presented = token.generation
        self.binding = binding
        self.grace = grace
        self.now = now
    }

    package func start() -> Action { .rotate(generation: presented) }

    package mutating func rotated(_ succeeded: Bool) -> Action {
        guard !succeeded else { return .issue(generation: presented + 1) }
        return load()
    }

    package mutating func spentReplay(_ succeeded: Bool) -> Action {
        guard !succeeded else { return .issue(generation: presented + 1) }
        return load()
    }

    package mutating func loaded(_ standing: RefreshStanding?) -> Action {
        guard let standing else { return .refuse(.invalid) }
        guard !standing.isRevoked else { return .refuse(.revoked) }
        guard !standing.hasEnded else { return .refuse(.invalid) }
        switch standing.generation - presented {
        case 0: return loads < Self.loadsMax ? .rotate(generation: presented) : .refuse(.contended)
        case 1: return replayOfPrevious(standing)
        default: return .revoke
        }
    }

    private mutating func load() -> Action {
        guard loads < Self.loadsMax else { return .refuse(.contended) }
        loads += 1
        return .load
    }

    private func replayOfPrevious(_ standing: RefreshStanding) -> Action {
        let sinceRotation = now - standing.rotatedAt
        // A clock that was set back does not stretch the grace.
        if (.zero - grace...grace).contains(sinceRotation) { return .issue(generation: standing.generation) }
        let isAllowed = !standing.isConfirmed && !standing.isReplaySpent && standing.binding == binding
        return isAllowed ? .spendReplay(generation: standing.generation) : .revoke
    }
}
