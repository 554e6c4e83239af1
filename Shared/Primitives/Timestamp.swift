internal import Glibc

/// A moment in wall-clock time: microseconds since 1970-01-01T00:00:00Z, which is also what Postgres keeps.
package struct Timestamp: Hashable, Sendable, Comparable {
    package let microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package init(seconds: Int64) {
        self.init(microseconds: seconds * 1_000_000)
    }

    /// The system's clock now. Rules that tests must steer take a `Clock` instead.
    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// Whole seconds since 1970, rounded down: JWT's NumericDate (RFC 7519, section 2).
    package var seconds: Int64 {
        microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
    }

    /// This moment without what is finer than a millisecond, as the API prints it.
    package var truncatedToMilliseconds: Timestamp {
        let remainder = microseconds % 1000
        return Timestamp(microseconds: microseconds - (remainder < 0 ? remainder + 1000 : remainder))
    }

    package static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    package static func + (left: Self, right: Duration) -> Self {
        Timestamp(microseconds: left.microseconds + right.wholeMicroseconds)
    }

    package static func - (left: Self, right: Duration) -> Self {
        Timestamp(microseconds: left.microseconds - right.wholeMicroseconds)
    }

    package static func - (left: Self, right: Self) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }
}

extension Duration {
    // Below nine seconds one division of 64 bits does it, above it one of 128; `components` takes several.

    /// Microseconds, rounded towards zero.
    package var wholeMicroseconds: Int64 {
        if let short = Int64(exactly: attoseconds) { return short / 1_000_000_000_000 }
        return Int64(clamping: attoseconds / 1_000_000_000_000)
    }

    /// Milliseconds, rounded towards zero.
    package var wholeMilliseconds: Int64 { wholeMicroseconds / 1000 }

    /// Nanoseconds, rounded towards zero.
    package var wholeNanoseconds: Int64 {
        if let short = Int64(exactly: attoseconds) { return short / 1_000_000_000 }
        return Int64(clamping: attoseconds / 1_000_000_000)
    }
}
