internal import Primitives

/// One rate limit: the generic cell rate algorithm, in whole microseconds.
///
/// This module is layer 2 and does no I/O. The rule here has one meaning in memory (`LocalRateLimiter`) and in Redis
/// (the `Redis` module's script does the same arithmetic, statement by statement, and a property test holds the two
/// together).
///
/// A key holds a bucket of `burst` tokens that refills by one every `intervalUs`. All that is stored is the
/// *theoretical arrival time* (TAT): the moment at which the bucket will be full again. A call of cost `c` moves it to
/// `max(now, TAT) + c * intervalUs` and is allowed if that is no more than `toleranceUs = burst * intervalUs` ahead.
///
/// Source: ATM Forum, Traffic Management 4.0, section 4.4.2 (virtual scheduling); the cost is ours.
package struct GCRA: Hashable, Sendable {
    /// The longest tolerance, some 31 years. With wall-clock microseconds it stays exact in a double (2^53), which
    /// is what a script in Redis counts in.
    package static let toleranceUsMax: Int64 = 1_000_000_000_000_000

    /// Microseconds in which one token comes back, rounded up: a limit is never exceeded by rounding.
    package let intervalUs: Int64
    /// How many tokens a full bucket holds.
    package let burst: Int64

    /// `limit` tokens every `period`, at most `burst` of them at once (by default all of them).
    ///
    /// Nil where a number is not positive, or where `burst` would take longer than `toleranceUsMax` to come back.
    package init?(limit: Int64, per period: Duration, burst: Int64? = nil) {
        let periodUs = period.wholeMicroseconds
        guard limit > 0, periodUs > 0, periodUs <= Self.toleranceUsMax else { return nil }
        let wholeUs = periodUs / limit
        self.init(intervalUs: periodUs % limit == 0 ? wholeUs : wholeUs + 1, burst: burst ?? limit)
    }

    package init?(intervalUs: Int64, burst: Int64) {
        guard intervalUs > 0, burst > 0 else { return nil }
        let (toleranceUs, overflow) = intervalUs.multipliedReportingOverflow(by: burst)
        guard !overflow, toleranceUs <= Self.toleranceUsMax else { return nil }
        self.intervalUs = intervalUs
        self.burst = burst
    }

    private init(checkedIntervalUs: Int64, burst: Int64) {
        intervalUs = checkedIntervalUs
        self.burst = burst
    }

    /// `limit` tokens a minute, all of them at once if need be; at least 1 and at most one a microsecond.
    package static func perMinute(_ limit: Int64) -> GCRA { every(60_000_000, limit) }

    /// `limit` tokens an hour, by the same rules.
    package static func perHour(_ limit: Int64) -> GCRA { every(3_600_000_000, limit) }

    private static func every(_ periodUs: Int64, _ limit: Int64) -> GCRA {
        let limit = min(max(limit, 1), periodUs)
        return GCRA(checkedIntervalUs: (periodUs + limit - 1) / limit, burst: limit)
    }

    /// How long a full bucket takes to fill from empty.
    package var toleranceUs: Int64 { intervalUs * burst }

    /// A cost as it is charged: at least nothing, and at most a full bucket, since more could never be allowed.
    package func chargedCost(_ cost: Int64) -> Int64 { min(max(cost, 0), burst) }

    /// The limit of one of `parts` equal parts of the suite, for counting without the others: the rate divided,
    /// and the burst divided but at least one.
    package func share(of parts: Int64) -> GCRA {
        guard parts > 1 else { return self }
        let partBurst = max(1, burst / parts)
        let (partUs, overflow) = intervalUs.multipliedReportingOverflow(by: parts)
        let longestUs = Self.toleranceUsMax / partBurst
        return GCRA(checkedIntervalUs: overflow ? longestUs : min(partUs, longestUs), burst: partBurst)
    }

    /// The verdict on a call of `cost` at `nowUs` where the key's theoretical arrival time is `tatUs` (nil: unknown
    /// key, a full bucket).
    ///
    /// A stored time further ahead than the tolerance is what a clock set back or a limit lowered leaves behind: it
    /// counts as an empty bucket, so that nobody is locked out for longer than a refill; who stores it cuts it to that.
    package func decide(nowUs: Int64, tatUs: Int64?, cost: Int64) -> Outcome {
        let heldUs = min(max(tatUs ?? nowUs, nowUs), nowUs + toleranceUs)
        let chargedUs = heldUs + chargedCost(cost) * intervalUs
        let isAllowed = chargedUs - nowUs <= toleranceUs
        let tatUs = isAllowed ? chargedUs : heldUs
        return Outcome(
            isAllowed: isAllowed,
            tatUs: tatUs,
            remaining: (toleranceUs - (tatUs - nowUs)) / intervalUs,
            retryAfterUs: isAllowed ? 0 : chargedUs - nowUs - toleranceUs,
            resetAfterUs: tatUs - nowUs)
    }

    /// What `decide` says.
    package struct Outcome: Hashable, Sendable {
        package let isAllowed: Bool
        /// The theoretical arrival time after the call: to be stored if it was allowed, unchanged in effect if not.
        package let tatUs: Int64
        /// Whole tokens left in the bucket.
        package let remaining: Int64
        /// How long until the same call would be allowed; zero if it was.
        package let retryAfterUs: Int64
        /// How long until the bucket is full.
        package let resetAfterUs: Int64
    }
}
