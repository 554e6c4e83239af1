internal import HTTP
internal import NIOCore
internal import Primitives

/// The connections of one listener on one loop: sweeps them while there are any. On the loop only.
final class LoopConnections {
    private let executor: LoopExecutor
    private let interval: TimeAmount
    private var connections: [ObjectIdentifier: any ServerConnection] = [:]
    private var timer: RepeatedTask?
    private(set) var isDraining = false

    init(_ executor: LoopExecutor, interval: Duration) {
        self.executor = executor
        self.interval = .nanoseconds(Int64(interval.nanosecondsClamped))
    }

    func insert(_ connection: any ServerConnection) {
        connections[ObjectIdentifier(connection)] = connection
        if isDraining { connection.drain() }
        guard timer == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: executor.loop)
        timer = executor.loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            bound.value.sweep()
        }
    }

    func remove(_ connection: any ServerConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    func drain() {
        isDraining = true
        for connection in connections.values { connection.drain() }
    }

    func closeAll() {
        for connection in connections.values { connection.close() }
    }

    private func sweep() {
        // Not as the last one leaves: the next is often there before this, and a timer costs more than a look.
        guard !connections.isEmpty else {
            timer?.cancel()
            timer = nil
            return
        }
        let now = Deadline.now.nanoseconds
        for connection in connections.values { connection.sweep(now: now) }
    }
}
