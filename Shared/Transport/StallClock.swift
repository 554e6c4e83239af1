internal import HTTP
internal import Primitives

/// Decides when a peer that sends a body has held it up for too long. A value; time comes with the call.
struct StallClock {
    private var waitingSince: UInt64?
    private var waitedNanoseconds: UInt64 = 0
    private var seenBytes = 0
    private var firstBytes: Int?

    mutating func readingSince(receivedBytes: Int, now: UInt64 = Deadline.now.nanoseconds) {
        waitingSince = now
        seenBytes = receivedBytes
        if firstBytes == nil { firstBytes = receivedBytes }
    }

    mutating func readingPaused(now: UInt64 = Deadline.now.nanoseconds) {
        if let since = waitingSince { waitedNanoseconds += now &- since }
        waitingSince = nil
    }

    /// Whether a reader has waited in vain for `bodyIdle`, or got less than the floor while it waited.
    func readIsStalled(receivedBytes: Int, _ limits: HTTPLimits, now: UInt64) -> Bool {
        guard let since = waitingSince, now > since else { return false }
        let idle = UInt64(limits.bodyIdle / .nanoseconds(1))
        if now - since >= idle && receivedBytes == seenBytes { return true }
        let waited = waitedNanoseconds + (now - since)
        guard waited > idle else { return false }
        let floor = Double(limits.bodyFloorBytesPerSecond) * Double(waited) / 1e9
        return Double(receivedBytes - (firstBytes ?? 0)) < floor
    }
}
