package import Contract
package import Primitives
internal import Synchronization

/// What was revoked within the life of an access token: looked at on every call, fed by Redis and by auth itself.
///
/// Bounded: entries older than `lifetime` go, since no token is older. Beyond `entriesMax` everything older than a
/// minute goes, so that memory is bounded even then; what went comes back with the next refetch only.
package final class RevocationList: Sendable {
    /// How long an entry matters after it came: an access token's 15 minutes, its leeway, and some more for clocks
    /// that differ.
    package static let lifetime: Duration = .seconds(20 * 60)
    package static let entriesMax = 1_000_000

    private struct State {
        var sessions: [SessionID: Timestamp] = [:]
        var epochs: [AccountID: (epoch: Int, at: Timestamp)] = [:]
        var nextSweep = Timestamp(microseconds: 0)
    }

    private let state = Mutex(State())
    /// When entries came, and not when others say that they revoked: clocks of other machines may be wrong.
    private let clock: Clock

    package init(clock: Clock = .monotonic) {
        self.clock = clock
    }

    package func revoke(session: SessionID) {
        state.withLock { state in
            state.sessions[session] = state.sessions[session] ?? clock.now
            sweep(&state)
        }
    }

    /// Refuses the account's tokens whose epoch is below `epoch`.
    package func revoke(account: AccountID, belowEpoch epoch: Int) {
        state.withLock { state in
            if epoch > state.epochs[account]?.epoch ?? 0 { state.epochs[account] = (epoch, clock.now) }
            sweep(&state)
        }
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

    private func sweep(_ state: inout State) {
        let now = clock.now
        let isFull = state.sessions.count + state.epochs.count > Self.entriesMax
        guard now >= state.nextSweep || isFull else { return }
        state.nextSweep = now + .seconds(60)
        let oldest = now - (isFull ? .seconds(60) : Self.lifetime)
        state.sessions = state.sessions.filter { $0.value > oldest }
        state.epochs = state.epochs.filter { $0.value.at > oldest }
    }
}
