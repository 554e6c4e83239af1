/// Admits `max` events within any stretch of time as long as a period, wherever it begins.
///
/// Events of one slice of a period are kept as one, that is as old as the last of them: there are few entries however
/// many events are admitted, and none is forgotten too soon.
struct RateWindow: Sendable {
    private static let slicesPerPeriod: UInt64 = 64

    private struct Slice {
        let start: UInt64
        var last: UInt64
        var count: Int
    }

    private let max: Int
    private let periodNanoseconds: UInt64
    private var slices: [Slice] = []
    /// Events in `slices`.
    private var count = 0

    init(max: Int, period: Duration) {
        self.max = max
        periodNanoseconds = UInt64(period / .nanoseconds(1))
    }

    mutating func admit(now: UInt64) -> Bool {
        let over = slices.prefix { now &- $0.last >= periodNanoseconds }
        if !over.isEmpty {
            for slice in over { count -= slice.count }
            slices.removeFirst(over.count)
        }
        count += 1
        if let last = slices.indices.last, now &- slices[last].start < periodNanoseconds / Self.slicesPerPeriod {
            slices[last].last = now
            slices[last].count += 1
        } else {
            slices.append(Slice(start: now, last: now, count: 1))
        }
        return count <= max
    }
}
