internal import Glibc

/// A moment on the monotonic clock by which work must be done.
package struct Deadline: Hashable, Sendable, Comparable {
    /// Nanoseconds on `CLOCK_MONOTONIC`.
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// The end of the clock: no deadline at all.
    package static let end = Deadline(nanoseconds: .max)

    /// The monotonic clock now.
    package static var now: Deadline {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Deadline(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    /// `duration` from now.
    package static func after(_ duration: Duration) -> Deadline {
        now.advanced(by: duration)
    }

    package func advanced(by duration: Duration) -> Deadline {
        Deadline(nanoseconds: UInt64(clamping: Int64(clamping: nanoseconds) + duration.wholeNanoseconds))
    }

    /// As `advanced(by:)`, without a duration between. What lies beyond the clock's end is the end.
    package func advanced(byMilliseconds milliseconds: UInt64) -> Deadline {
        let (duration, isTooLong) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        let (end, isTooLate) = nanoseconds.addingReportingOverflow(duration)
        return Deadline(nanoseconds: isTooLong || isTooLate ? .max : end)
    }

    /// What is left, zero once it has passed.
    package var remaining: Duration {
        let now = Deadline.now.nanoseconds
        return nanoseconds > now ? .nanoseconds(Int64(clamping: nanoseconds - now)) : .zero
    }

    /// How long after `earlier` it is; zero where it is not.
    package func since(_ earlier: Deadline) -> Duration {
        nanoseconds > earlier.nanoseconds
            ? .nanoseconds(Int64(clamping: nanoseconds - earlier.nanoseconds)) : .zero
    }

    package var hasPassed: Bool { Deadline.now.nanoseconds >= nanoseconds }

    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
}
