internal import Primitives

/// For how long an answer may be given again (RFC 9111, section 4.2; RFC 5861), on the monotonic clock: what other
/// clocks say is not looked at, and counts by `Age` and by how long the answer was on its way.
struct Freshness: Sendable, Hashable {
    /// When the answer was received, or found to hold still.
    let receivedAt: Deadline
    /// Its age then (section 4.2.3).
    let ageSeconds: Int64
    let lifetimeSeconds: Int64
    let staleWhileRevalidatingSeconds: Int64
    let staleIfErrorSeconds: Int64

    /// From when on it is stale.
    let expiresAt: Deadline
    /// Until when it is given while the service is asked behind it.
    let revalidatesUntil: Deadline
    /// Until when it is given where the service fails.
    let bridgesUntil: Deadline

    init(
        receivedAt: Deadline, ageSeconds: Int64, lifetimeSeconds: Int64, staleWhileRevalidatingSeconds: Int64,
        staleIfErrorSeconds: Int64
    ) {
        self.receivedAt = receivedAt
        self.ageSeconds = ageSeconds
        self.lifetimeSeconds = lifetimeSeconds
        self.staleWhileRevalidatingSeconds = staleWhileRevalidatingSeconds
        self.staleIfErrorSeconds = staleIfErrorSeconds
        // Once, and not at each look.
        let left = lifetimeSeconds - ageSeconds
        expiresAt = receivedAt.advanced(by: .seconds(left))
        revalidatesUntil = receivedAt.advanced(by: .seconds(left + staleWhileRevalidatingSeconds))
        bridgesUntil = receivedAt.advanced(by: .seconds(left + staleIfErrorSeconds))
    }

    /// In whole seconds, as `Age` says it.
    func age(at now: Deadline) -> Int64 {
        ageSeconds + Int64(clamping: (now.nanoseconds - min(now.nanoseconds, receivedAt.nanoseconds)) / 1_000_000_000)
    }

    /// Seconds that are left; none are left of what is stale.
    func remaining(at now: Deadline) -> Int64 { lifetimeSeconds - age(at: now) }
}
