package import NIOCore
internal import NIOPosix

/// The event loops of a process: threads that own sockets and run the tasks of their requests.
package final class EventLoops: Sendable {
    package let executors: [LoopExecutor]
    let group: MultiThreadedEventLoopGroup

    package init(threads: Int) {
        precondition(threads > 0, "at least one event loop")
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        executors = group.makeIterator().map { LoopExecutor($0) }
    }

    /// The loops as other libraries of sockets take them.
    package var eventLoopGroup: any EventLoopGroup { group }

    package var count: Int { executors.count }

    /// The executor of the loop that this code runs on, nil off the loops.
    package var current: LoopExecutor? {
        executors.first { $0.loop.inEventLoop }
    }

    /// The current loop, or when there is none the next one in turn.
    package func any() -> LoopExecutor {
        current ?? executor(of: group.next())
    }

    /// Runs `work` on a loop; what is confined to a loop may be used in it.
    ///
    /// In a task of its own, which starts on its executor: a preference that is put on the present task counts from its
    /// next change of executors, and an optimised build may see no need for one before `work` begins.
    package func run<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let task = Task(executorPreference: any()) { await Result.capturing(work) }
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        return try result.get()
    }

    /// Ends the threads. Listeners and pools are to be closed before.
    package func shutdown() async {
        for executor in executors {
            try? await executor.loop.submit { executor.handlers.close() }.get()
            // What that woke runs before this.
            try? await executor.loop.submit {}.get()
        }
        try? await group.shutdownGracefully()
    }

    func executor(of loop: any EventLoop) -> LoopExecutor {
        guard let executor = executors.first(where: { $0.loop === loop }) else {
            preconditionFailure("a channel on a loop of another group")
        }
        return executor
    }

    func index(of executor: LoopExecutor) -> Int {
        executors.firstIndex { $0 === executor } ?? 0
    }
}

extension Result where Success: Sendable {
    static func capturing(_ work: () async throws(Failure) -> Success) async -> Self {
        do { return .success(try await work()) } catch { return .failure(error) }
    }
}
