internal import Contract
internal import Synchronization
internal import Transport

/// Counts the tunnels that are open, in all and for each client's connection.
final class TunnelGate: Sendable {
    /// Whose tunnels count together: a proxy before the gateway has many clients on one connection.
    struct Place: Hashable, Sendable {
        let connection: ObjectIdentifier
        let client: [UInt8]

        init(_ exchange: ServerExchange) {
            connection = exchange.connectionID
            client = exchange.connection.peer.limitKey
        }
    }

    private struct State {
        var total = 0
        var perPlace: [Place: Int] = [:]
    }

    enum Refusal: Error {
        case total
        case perConnection
    }

    private let state = Mutex(State())
    private let totalMax: Int
    private let perConnectionMax: Int

    init(_ limits: RouteLimits) {
        totalMax = limits.tunnelsMax
        perConnectionMax = limits.tunnelsPerConnectionMax
    }

    var count: Int { state.withLock { $0.total } }

    /// To be followed by `leave`.
    func enter(_ place: Place) throws(Refusal) {
        let refusal = state.withLock { state -> Refusal? in
            let here = state.perPlace[place, default: 0]
            if state.total >= totalMax { return .total }
            if here >= perConnectionMax { return .perConnection }
            state.total += 1
            state.perPlace[place] = here + 1
            return nil
        }
        if let refusal { throw refusal }
    }

    func leave(_ place: Place) {
        state.withLock { state in
            state.total -= 1
            let left = state.perPlace[place, default: 1] - 1
            state.perPlace[place] = left > 0 ? left : nil
        }
    }
}
