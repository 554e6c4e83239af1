internal import Synchronization

/// Counts the connections of one listener, in all and for each address; refuses those over the limits.
final class Admission: Sendable {
    private struct State {
        var total = 0
        var perAddress: [[UInt8]: Int] = [:]
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    enum Verdict: Equatable {
        case admitted
        case refused(reason: String)
    }

    private let state = Mutex(State())
    private let totalMax: Int
    private let perAddressMax: Int

    init(totalMax: Int, perAddressMax: Int) {
        self.totalMax = totalMax
        self.perAddressMax = perAddressMax
    }

    /// - Parameter address: nil for one that is not counted by address, or not yet.
    func admit(_ address: [UInt8]?) -> Verdict {
        state.withLock { state in
            guard state.total < totalMax else { return .refused(reason: "connections") }
            if let address {
                let verdict = count(address, &state)
                guard verdict == .admitted else { return verdict }
            }
            state.total += 1
            return .admitted
        }
    }

    /// Counts a connection that was admitted without an address, now that its client is known.
    func count(_ address: [UInt8]) -> Verdict {
        state.withLock { count(address, &$0) }
    }

    private func count(_ address: [UInt8], _ state: inout State) -> Verdict {
        guard state.perAddress[address, default: 0] < perAddressMax else {
            return .refused(reason: "connections-per-address")
        }
        state.perAddress[address, default: 0] += 1
        return .admitted
    }

    /// - Parameter address: the one that the connection was counted by, if any.
    func leave(_ address: [UInt8]?) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.total -= 1
            if let address {
                let left = state.perAddress[address, default: 1] - 1
                state.perAddress[address] = left > 0 ? left : nil
            }
            guard state.total == 0 else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    var count: Int { state.withLock { $0.total } }

    /// Returns once no connection is left.
    func empty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if state.total == 0 { return true }
                state.waiters.append(continuation)
                return false
            }
            if isEmpty { continuation.resume() }
        }
    }
}
