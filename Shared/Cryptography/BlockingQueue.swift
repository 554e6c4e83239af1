internal import Primitives

/// One piece of work; exactly one of its closures is called, once.
struct BlockingJob: Sendable {
    let id: UInt64
    let expiry: Deadline
    let perform: @Sendable () -> Void
    let refuse: @Sendable (BlockingPoolFailure) -> Void
}

/// What the threads of a `BlockingPool` share.
///
/// Jobs wait in order of arrival and all wait equally long at most, so the first is always the first to expire. No
/// closure of a job is called under the lock.
final class BlockingQueue: Sendable {
    private struct State {
        var waiting: [BlockingJob] = []
        var idle: Int
        var isStopped = false
    }

    private let state: Monitor<State>
    private let waitingMax: Int

    init(threads: Int, waitingMax: Int) {
        // Counted as idle from the start: a job that comes before the threads have started is theirs all the same.
        state = Monitor(State(idle: threads))
        self.waitingMax = waitingMax
    }

    var waitingCount: Int { state.withLock { max(0, $0.waiting.count - $0.idle) } }

    func submit(_ job: BlockingJob) {
        let refusal: BlockingPoolFailure? = state.withLock { state in
            if state.isStopped { return .stopped }
            // Each idle thread is about to take one of those that wait.
            guard state.waiting.count < waitingMax + state.idle else { return .busy }
            state.waiting.append(job)
            return nil
        }
        if let refusal { job.refuse(refusal) } else { state.wakeAll() }
    }

    func cancel(_ id: UInt64) {
        let job: BlockingJob? = state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiting.remove(at: index)
        }
        job?.refuse(.cancelled)
    }

    func stop() {
        let dropped = state.withLock { state in
            state.isStopped = true
            defer { state.waiting = [] }
            return state.waiting
        }
        state.wakeAll()
        for job in dropped { job.refuse(.stopped) }
    }

    /// A worker's life: take the first job, perform it, until the queue stops.
    func work() {
        while let job = nextJob() {
            job.perform()
            state.withLock { $0.idle += 1 }
        }
    }

    private func nextJob() -> BlockingJob? {
        state.wait { state in
            if state.isStopped { return .done(nil) }
            guard !state.waiting.isEmpty else { return .wait(until: nil) }
            state.idle -= 1
            return .done(state.waiting.removeFirst())
        }
    }

    /// The timekeeper's life: refuse each job whose time has come, until the queue stops.
    func expire() {
        while let job = nextExpired() { job.refuse(.busy) }
    }

    private func nextExpired() -> BlockingJob? {
        state.wait { state in
            if state.isStopped { return .done(nil) }
            guard let first = state.waiting.first else { return .wait(until: nil) }
            guard first.expiry.hasPassed else { return .wait(until: first.expiry) }
            return .done(state.waiting.removeFirst())
        }
    }
}
