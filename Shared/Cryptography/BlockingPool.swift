internal import Glibc
internal import Primitives
internal import Synchronization

/// A fixed number of threads for work that blocks, with a bounded queue in front of them.
///
/// The callers wait suspended, not blocked. Work that runs is never interrupted; work that waits is dropped when its
/// task is cancelled, when it has waited too long, and at shutdown.
package final class BlockingPool: Sendable {
    /// How many processors this process may use.
    package static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    private let queue: BlockingQueue
    private let waitMax: Duration
    private let nextID = Atomic<UInt64>(0)
    private let threads: Mutex<[WorkerThread]>

    /// - Parameters:
    ///   - threads: how many jobs run at once, at least one.
    ///   - queueMax: how many may wait beyond those.
    ///   - waitMax: how long each may wait.
    package init(threads: Int, queueMax: Int, waitMax: Duration) {
        precondition(threads >= 1 && queueMax >= 0, "a pool needs a thread")
        let queue = BlockingQueue(threads: threads, waitingMax: queueMax)
        self.queue = queue
        self.waitMax = waitMax
        var started = (0..<threads).map { _ in WorkerThread { queue.work() } }
        started.append(WorkerThread { queue.expire() })
        self.threads = Mutex(started)
    }

    deinit { shutdown() }

    /// Runs `work` on one of the threads and returns what it returns.
    package func run<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value
    ) async throws(BlockingPoolFailure) -> Value {
        let id = nextID.add(1, ordering: .relaxed).newValue
        let expiry = Deadline.after(waitMax)
        let outcome: Result<Value, BlockingPoolFailure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let job = BlockingJob(
                    id: id, expiry: expiry, perform: { continuation.resume(returning: .success(work())) },
                    refuse: { continuation.resume(returning: .failure($0)) })
                queue.submit(job)
                // The handler may have run before the job was there to be found.
                if Task.isCancelled { queue.cancel(id) }
            }
        } onCancel: {
            queue.cancel(id)
        }
        return try outcome.get()
    }

    /// Refuses what waits, lets what runs finish, and joins the threads. Later calls of `run` are refused.
    ///
    /// Blocks as long as the longest job that runs; may be called again, and from any thread but the pool's own.
    package func shutdown() {
        queue.stop()
        let ended = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in ended { thread.join() }
    }

    /// Jobs that wait for a thread now.
    package var waitingCount: Int { queue.waitingCount }
}

/// Why work was not run.
package enum BlockingPoolFailure: Error, Hashable, Sendable {
    /// The queue is full, or the job waited too long.
    case busy
    /// The task was cancelled while the job waited.
    case cancelled
    /// The pool has been shut down.
    case stopped
}
