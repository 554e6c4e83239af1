package import Contract
package import Primitives
internal import Synchronization

/// What was revoked within the life of an access token: looked at on every call, fed by Redis and by auth itself.
///
/// Bounded: entries older than `lifetime` go, since no token is older. Beyond `entriesMax` everything older than a
/// minute goes, so that memory is bounded even then; what went comes back with the next refetch only, and tokens that
/// it has revoked are good until then. Whoever made the list is told of that.
package final class RevocationList: Sendable {
    /// How long an entry matters after it came: an access token's 15 minutes, its leeway, and some more for clocks
    /// that differ.
    package static let lifetime: Duration = .seconds(20 * 60)
    package static let entriesMax = 1_000_000
    /// What is dropped first where there are too many.
    private static let youngest: Duration = .seconds(60)
    /// How often all entries are looked at where there are too many: every call waits meanwhile.
    private static let fullSweepInterval: Duration = .seconds(5)

    private struct State {
        var sessions: [SessionID: Timestamp] = [:]
        var epochs: [AccountID: (epoch: Int, at: Timestamp)] = [:]
        var nextSweep = Timestamp(microseconds: 0)
        var nextFullSweep = Timestamp(microseconds: 0)
    }

    private let state = Mutex(State())
    /// When entries came, and not when others say that they revoked: clocks of other machines may be wrong.
    private let clock: Clock
    private let entriesMax: Int
    private let forgot: @Sendable (Int) -> Void

    /// - Parameter forgot: hears how many entries went before their time, for want of room.
    package init(
        clock: Clock = .monotonic, entriesMax: Int = RevocationList.entriesMax,
        forgot: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.clock = clock
        self.entriesMax = entriesMax
        self.forgot = forgot
    }

    package func revoke(session: SessionID) {
        tell(
            state.withLock { state in
                state.sessions[session] = state.sessions[session] ?? clock.now
                return sweep(&state)
            })
    }

    /// Refuses the account's tokens whose epoch is below `epoch`.
    package func revoke(account: AccountID, belowEpoch epoch: Int) {
        tell(
            state.withLock { state in
                if epoch > state.epochs[account]?.epoch ?? 0 { state.epochs[account] = (epoch, clock.now) }
                return sweep(&state)
            })
    }

    package func isRevoked(session: SessionID, account: AccountID, epoch: Int) -> Bool {
        state.withLock { state in
            state.sessions[session] != nil || epoch < state.epochs[account]?.epoch ?? 0
        }
    }

    package func isRevoked(_ account: CallerContext.Account) -> Bool {
        isRevoked(session: account.session, account: account.id, epoch: account.epoch)
    }

    package var count: Int { state.withLock { $0.sessions.count + $0.epochs.count } }

    private func tell(_ forgotten: Int) {
        if forgotten > 0 { forgot(forgotten) }
    }

    /// - Returns: how many entries went that still mattered.
    private func sweep(_ state: inout State) -> Int {
        let now = clock.now
        let isFull = state.sessions.count + state.epochs.count > entriesMax
        guard now >= (isFull ? min(state.nextSweep, state.nextFullSweep) : state.nextSweep) else { return 0 }
        state.nextSweep = now + .seconds(60)
        state.nextFullSweep = now + Self.fullSweepInterval
        keep(after: now - Self.lifetime, in: &state)
        let count = state.sessions.count + state.epochs.count
        guard count > entriesMax else { return 0 }
        keep(after: now - Self.youngest, in: &state)
        return count - state.sessions.count - state.epochs.count
    }

    private func keep(after oldest: Timestamp, in state: inout State) {
        state.sessions = state.sessions.filter { $0.value > oldest }
        state.epochs = state.epochs.filter { $0.value.at > oldest }
    }
}
