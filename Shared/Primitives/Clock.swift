internal import Synchronization

/// Where rules read the time, so that a test can move it.
package struct Clock: Sendable {
    private let read: @Sendable () -> Timestamp

    package init(_ read: @escaping @Sendable () -> Timestamp) {
        self.read = read
    }

    package var now: Timestamp { read() }

    /// The system's wall clock.
    package static let system = Clock { Timestamp.now }

    /// Time since some moment before the process began: it never goes back, says nothing of the date, and means nothing
    /// to another process.
    package static let monotonic = Clock { Deadline.now.onMonotonicClock }
}

extension Deadline {
    /// This moment as `Clock.monotonic` tells it.
    package var onMonotonicClock: Timestamp { Timestamp(microseconds: Int64(nanoseconds / 1000)) }
}

/// A clock that stands until it is moved.
package final class ManualClock: Sendable {
    private let current: Mutex<Timestamp>

    package init(_ start: Timestamp = Timestamp(seconds: 1_800_000_000)) {
        current = Mutex(start)
    }

    package func advance(by duration: Duration) {
        current.withLock { $0 = $0 + duration }
    }

    package var clock: Clock { Clock { self.current.withLock { $0 } } }
}
