internal import NIOCore

/// Something with output to send or write once the loop's turn is over.
package protocol TurnFlushing: AnyObject {
    func flushTurn()
}

/// One event loop as the executor of tasks: a request's task never leaves its loop's thread.
///
/// A turn of the loop is: sockets are read, and after most the jobs run that this made runnable, while what they are
/// about is still in the processor's caches; then the rest of the jobs, and every connection that has something to say
/// writes once. So a read that brings twenty requests costs one write.
// @unchecked: `jobs`, `flushing`, `writing`, `isScheduled`, `isRunning`, `jobsLeft`, `plaintext`, `requestsInFlight`
// and `handlers` are touched only on the loop's thread; `enqueue` from another thread goes through `loop.execute`.
package final class LoopExecutor: TaskExecutor, @unchecked Sendable {
    /// Jobs of one turn before the sockets get theirs again.
    private static let jobsPerTurnMax = 4096

    let loop: any EventLoop
    private var jobs: [UnownedJob] = []
    private var flushing: [any TurnFlushing] = []
    private var writing: [any TurnFlushing] = []
    private var isScheduled = false
    private var isRunning = false
    private var jobsLeft = jobsPerTurnMax
    /// Where the plaintext of one read is, for all connections of the loop: a buffer of each one's own would make up
    /// most of what an idle connection costs.
    var plaintext = ByteBuffer()
    /// Requests whose handlers run on this loop.
    var requestsInFlight = 0
    private(set) lazy var handlers = HandlerTasks(self)

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if loop.inEventLoop {
            jobs.append(job)
            schedule()
        } else {
            loop.execute {
                self.jobs.append(job)
                self.schedule()
            }
        }
    }

    /// Has `connection` called once at the end of this turn.
    func flushAtTurnEnd(_ connection: any TurnFlushing) {
        flushing.append(connection)
        schedule()
    }

    /// Has `writer` called once at the end of this turn, before any connection says something. On the loop only.
    package func writeBeforeTurnEnd(_ writer: any TurnFlushing) {
        // There are few of them, and they ask with every request.
        guard !writing.contains(where: { $0 === writer }) else { return }
        writing.append(writer)
        schedule()
    }

    /// Stops a program that took something confined to this loop elsewhere.
    func preconditionOnLoop() {
        precondition(loop.inEventLoop, "used outside of its event loop")
    }

    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        loop.execute { self.runTurn() }
    }

    private func runTurn() {
        isScheduled = false
        jobsLeft = Self.jobsPerTurnMax
        runJobs()
        if !jobs.isEmpty { schedule() }
        flush()
    }

    /// Runs what can run, and what that makes runnable; not from within a job.
    func runJobs() {
        guard !jobs.isEmpty, !isRunning else { return }
        isRunning = true
        defer { isRunning = false }
        let executor = asUnownedTaskExecutor()
        var index = 0
        // What a job makes runnable runs in the same turn, so that its output joins the same write.
        while index < jobs.count && jobsLeft > 0 {
            let job = jobs[index]
            index += 1
            jobsLeft -= 1
            job.runSynchronously(on: executor)
        }
        jobs.removeFirst(index)
    }

    private func flush() {
        for writer in writing { writer.flushTurn() }
        writing.removeAll(keepingCapacity: true)
        guard !flushing.isEmpty else { return }
        var connections: [any TurnFlushing] = []
        swap(&connections, &flushing)
        for connection in connections { connection.flushTurn() }
        connections.removeAll(keepingCapacity: true)
        if flushing.isEmpty { swap(&connections, &flushing) }
    }
}
