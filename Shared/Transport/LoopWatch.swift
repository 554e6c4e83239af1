internal import HTTP
internal import NIOCore
package import Primitives
internal import Synchronization

/// What one look at an event loop saw.
package struct LoopSight: Sendable {
    /// Which of the loops.
    package let index: Int
    /// How much later than asked for the loop came to it: what everything on it waits.
    package let delay: Duration
    package let requestsInFlight: Int
    package let seenAt: Deadline

    package init(index: Int, delay: Duration, requestsInFlight: Int, seenAt: Deadline) {
        self.index = index
        self.delay = delay
        self.requestsInFlight = requestsInFlight
        self.seenAt = seenAt
    }
}

/// Looks at every loop at a steady pace until it is stopped.
package final class LoopWatch: Sendable {
    private let isStopped = Atomic(false)
    private let interval: TimeAmount
    private let report: @Sendable (LoopSight) -> Void

    /// - Parameter report: called on the loop that was looked at; must not block.
    package init(_ loops: EventLoops, every interval: Duration, _ report: @escaping @Sendable (LoopSight) -> Void) {
        self.interval = .nanoseconds(Int64(clamping: interval.nanosecondsClamped))
        self.report = report
        for (index, executor) in loops.executors.enumerated() { look(executor, index) }
    }

    package func stop() { isStopped.store(true, ordering: .relaxed) }

    private func look(_ executor: LoopExecutor, _ index: Int) {
        let due = NIODeadline.now() + interval
        executor.loop.scheduleTask(deadline: due) { [weak self] in
            guard let self, !self.isStopped.load(ordering: .relaxed) else { return }
            let late = NIODeadline.now() - due
            self.report(
                LoopSight(
                    index: index, delay: .nanoseconds(max(0, late.nanoseconds)),
                    requestsInFlight: executor.requestsInFlight, seenAt: .now))
            self.look(executor, index)
        }
    }
}
