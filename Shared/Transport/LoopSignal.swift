internal import NIOCore

/// Where one task waits for something that happens on its loop. Made only when somebody must wait.
// @unchecked: `waiter` is touched only on the loop's thread.
final class LoopSignal: @unchecked Sendable {
    private let executor: LoopExecutor
    // Unsafe, since a checked one is an object more for every request; here each is taken out before it is resumed.
    private var waiter: UnsafeContinuation<Void, Never>?

    init(_ executor: LoopExecutor) {
        self.executor = executor
    }

    var isAwaited: Bool { waiter != nil }

    /// Returns at the next `fire`, or when the task is cancelled. One waiter at a time.
    // Inlined, as what waits by it is where it can: behind each call that has waited the runtime asks anew, under a
    // lock, where the task is to go on.
    @inline(__always)
    func wait() async {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                precondition(waiter == nil, "two tasks wait for the same thing")
                waiter = continuation
                if Task.isCancelled { fire() }
            }
        } onCancel: {
            executor.loop.execute { self.fire() }
        }
    }

    func fire() {
        guard let continuation = waiter else { return }
        waiter = nil
        continuation.resume()
    }
}
