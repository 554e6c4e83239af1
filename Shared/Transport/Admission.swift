package import HTTP
internal import Synchronization

/// Counts the connections of the listeners that share it, in all and for each address; refuses those over the limits.
package final class Admission: Sendable {
    private struct State {
        var total = 0
        var perAddress: [[UInt8]: Int] = [:]
    }

    enum Verdict: Equatable {
        case admitted
        case refused(reason: String)
    }

    private let state = Mutex(State())
    private let totalMax: Int
    private let perAddressMax: Int

    package init(_ limits: HTTPLimits) {
        totalMax = limits.connectionsMax
        perAddressMax = limits.connectionsPerAddressMax
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
        state.withLock { state in
            state.total -= 1
            if let address {
                let left = state.perAddress[address, default: 1] - 1
                state.perAddress[address] = left > 0 ? left : nil
            }
        }
    }
}
