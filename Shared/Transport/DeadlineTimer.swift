internal import HTTP
internal import NIOCore
internal import Primitives

/// Something with calls that are given up when their time is over.
protocol DeadlineWatching: AnyObject {
    /// The time of some call may be over. Who still waits is to be armed for again.
    func expire()
}

/// One timer for all calls of a connection: it fires at the earliest deadline that was ever armed. On the loop only.
final class DeadlineTimer {
    private let loop: any EventLoop
    private var timer: Scheduled<Void>?
    private var armed = Deadline.end

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func arm(_ deadline: Deadline, for watcher: any DeadlineWatching) {
        guard deadline < armed else { return }
        armed = deadline
        timer?.cancel()
        let bound = NIOLoopBound((timer: self, watcher: watcher), eventLoop: loop)
        // Late rather than early, so that deadlines close to each other share a wake-up.
        let delay = TimeAmount.nanoseconds(Int64(deadline.remaining.nanosecondsClamped)) + .milliseconds(5)
        timer = loop.scheduleTask(in: delay) {
            bound.value.timer.armed = .end
            bound.value.watcher.expire()
        }
    }

    func cancel() { timer?.cancel() }
}
