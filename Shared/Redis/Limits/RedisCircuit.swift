internal import Primitives
internal import Synchronization

/// Whether it is worth asking Redis: after some failures in a row it is left alone, but for one probe every while.
final class RedisCircuit: Sendable {
    private struct State {
        var failures = 0
        var closedUntil = Deadline(nanoseconds: 0)
    }

    private let failuresMax: Int
    private let pause: Duration
    private let state = Mutex(State())

    init(failuresMax: Int, pause: Duration) {
        self.failuresMax = max(1, failuresMax)
        self.pause = pause
    }

    enum Admission {
        case ask
        case leave
        /// As `leave`, and it is time to find out beside: whoever calls does not wait for a server that may be stuck.
        case leaveAndProbe
    }

    /// What this call may do. When a pause is over it begins anew with the one that probes.
    func admission() -> Admission {
        state.withLock { state in
            guard state.failures >= failuresMax else { return .ask }
            let now = Deadline.now
            guard state.closedUntil <= now else { return .leave }
            state.closedUntil = now.advanced(by: pause)
            return .leaveAndProbe
        }
    }

    func succeeded() {
        state.withLock { $0.failures = 0 }
    }

    func failed() {
        state.withLock { state in
            state.failures += 1
            if state.failures == failuresMax { state.closedUntil = Deadline.after(pause) }
        }
    }

    var isBroken: Bool { state.withLock { $0.failures >= failuresMax } }
}
