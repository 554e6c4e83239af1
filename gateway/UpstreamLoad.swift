internal import Synchronization
internal import Transport

/// How many requests wait for one upstream, on all loops.
///
/// A service that hangs holds each of its requests until that one's deadline. Without a bound of its own it would hold
/// all that the edge may have in flight, and calls to services that are well would be refused with it. What waits is
/// counted from when the upstream is asked, a body that streams to it included, until its answer has begun; so are
/// those who wait for another's fill of the cache. What is only passed on after that, be it long, lasting or a tunnel,
/// has limits of its own, and a client that reads slowly must not take the upstream's room.
final class UpstreamLoad: Sendable {
    private let requests = Atomic<Int>(0)
    private let requestsMax: Int

    init(requestsMax: Int) {
        self.requestsMax = requestsMax
    }

    /// Counts one more, until `end`; false where there are as many as there may be.
    ///
    /// - Parameter mayWait: it may be one that costs the upstream nothing while it waits, for its own client or for
    ///   another's answer. Those get half of the room, so that they keep nobody out who does ask something.
    func begin(mayWait: Bool = false) -> Bool {
        let room = mayWait ? max(1, requestsMax / 2) : requestsMax
        guard requests.wrappingAdd(1, ordering: .relaxed).oldValue >= room else { return true }
        end()
        return false
    }

    func end() { requests.wrappingSubtract(1, ordering: .relaxed) }
}

/// Where a call goes.
protocol CallTarget: Sendable {
    var pool: ClientPool { get }
    var load: UpstreamLoad { get }
}
