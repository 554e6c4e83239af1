internal import Synchronization

/// One value that the driver's thread gives to one waiting task, exactly once: whoever comes second is ignored.
final class Answer<Value: Sendable>: Sendable {
    /// Unchecked, since the state machine below is the check.
    @safe private struct Waiter: Sendable {
        let continuation: UnsafeContinuation<Value, Never>

        func resume(_ value: Value) {
            unsafe continuation.resume(returning: value)
        }
    }

    private enum State {
        case idle
        case waiting(Waiter)
        case given(Value)
        case taken
    }

    private let state = Mutex(State.idle)

    /// True once a value was given: nobody waits any more.
    var isGiven: Bool {
        state.withLock {
            switch $0 {
            case .idle, .waiting: false
            case .given, .taken: true
            }
        }
    }

    /// False where a value had been given before.
    @discardableResult
    func give(_ value: Value) -> Bool {
        let (isFirst, waiter): (Bool, Waiter?) = state.withLock {
            switch $0 {
            case .idle:
                $0 = .given(value)
                return (true, nil)
            case .waiting(let waiter):
                $0 = .taken
                return (true, waiter)
            case .given, .taken: return (false, nil)
            }
        }
        waiter?.resume(value)
        return isFirst
    }

    /// Waits for the value. `start` runs once the task waits. Cancellation gives `cancelled`, then runs `onCancel`
    /// where that was the first value; without a `cancelled` the wait cannot be cut short.
    func wait(
        cancelled: Value? = nil, start: () -> Void, onCancel: @escaping @Sendable () -> Void = {}
    ) async -> Value {
        guard let cancelled else { return await value(start) }
        return await withTaskCancellationHandler {
            await value(start)
        } onCancel: {
            if give(cancelled) { onCancel() }
        }
    }

    private func value(_ start: () -> Void) async -> Value {
        await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Value, Never>) in
            let waiter = unsafe Waiter(continuation: continuation)
            let given: Value? = state.withLock {
                if case .given(let value) = $0 {
                    $0 = .taken
                    return value
                }
                $0 = .waiting(waiter)
                return nil
            }
            if let given { waiter.resume(given) } else { start() }
        }
    }
}
