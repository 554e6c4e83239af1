/// The tasks in which a loop's requests are handled. One that is done waits for the next request: it costs more to make
/// and to end a task than to wake one.
// @unchecked: touched only on the loop's thread.
final class HandlerTasks: @unchecked Sendable {
    /// How many wait, beyond which tasks end: one turn of a busy loop begins hundreds.
    private static let idleMax = 512

    /// One task, and what it has to do next.
    // @unchecked: touched only on the loop's thread.
    private final class Worker: @unchecked Sendable {
        var task: Task<Void, Never>?
        var work: (exchange: ServerExchange, server: ServerContext)?
        // Unsafe, since a checked one is an object more for every request; it is taken out before it is resumed.
        var waiter: UnsafeContinuation<Void, Never>?

        func wake() {
            let waiter = waiter
            self.waiter = nil
            waiter?.resume()
        }
    }

    private unowned let executor: LoopExecutor
    private var idle: [Worker] = []
    private var isClosed = false

    init(_ executor: LoopExecutor) {
        self.executor = executor
    }

    /// - Returns: the task that handles the exchange, to be cancelled where nobody waits for it any more.
    func handle(_ exchange: ServerExchange, _ server: ServerContext) -> Task<Void, Never>? {
        let worker = idle.popLast() ?? Worker()
        worker.work = (exchange, server)
        if worker.task == nil {
            worker.task = Task(executorPreference: executor) { await self.work(worker) }
        } else {
            worker.wake()
        }
        return worker.task
    }

    private func work(_ worker: Worker) async {
        while await handleNext(worker) {
            // What was cancelled once is so for ever.
            guard !Task.isCancelled, !isClosed, idle.count < Self.idleMax else { break }
            await withUnsafeContinuation { waiter in
                worker.waiter = waiter
                idle.append(worker)
            }
        }
        worker.task = nil
    }

    /// In a function of its own, so that nothing of the exchange is kept while the task waits for another.
    private func handleNext(_ worker: Worker) async -> Bool {
        guard let (exchange, server) = worker.work else { return false }
        worker.work = nil
        await server.handler.handle(exchange)
        exchange.handlerReturned()
        return true
    }

    /// Ends those that wait, and lets no other wait.
    func close() {
        isClosed = true
        for worker in idle { worker.wake() }
        idle = []
    }
}
