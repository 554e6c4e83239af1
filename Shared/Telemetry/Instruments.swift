internal import CoreMetrics
internal import Synchronization

// The instruments that code holds on to. Updates are atomic and take no lock; reads may see two updates in different
// states, which a scrape tolerates.

/// A count that only grows.
final class CountInstrument: CounterHandler {
    private let count = Atomic<Int64>(0)

    var value: Int64 { count.load(ordering: .relaxed) }

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() { count.store(0, ordering: .relaxed) }
}

/// A number that goes up and down; also a growing number with fractions.
final class GaugeInstrument: MeterHandler, RecorderHandler, FloatingPointCounterHandler {
    private let bits = Atomic<UInt64>(0)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func decrement(by amount: Double) { increment(by: -amount) }
    func reset() { set(0.0) }

    func increment(by amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }
}

/// Durations counted into fixed buckets.
final class DurationInstrument: TimerHandler {
    /// Upper bounds in nanoseconds: 0.5 ms to 10 s, as wide as the deadlines.
    static let bounds: [Int64] = [
        500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000,
        500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]

    // One count per bound and one for what is longer than all.
    private let counts: [15 of Atomic<Int64>] = InlineArray { _ in Atomic(0) }
    private let nanoseconds = Atomic<Int64>(0)

    func recordNanoseconds(_ duration: Int64) {
        let duration = max(0, duration)
        var index = 0
        while index < Self.bounds.count, duration > Self.bounds[index] { index += 1 }
        counts[index].wrappingAdd(1, ordering: .relaxed)
        nanoseconds.wrappingAdd(duration, ordering: .relaxed)
    }

    /// How many were in each bucket, not cumulated, and the sum of all in seconds.
    var value: (counts: [Int64], seconds: Double) {
        ((0..<15).map { counts[$0].load(ordering: .relaxed) }, Double(nanoseconds.load(ordering: .relaxed)) / 1e9)
    }
}

/// Numbers summed and counted: what `Recorder(aggregate: true)` asks for.
final class SumInstrument: RecorderHandler {
    private let count = CountInstrument()
    private let sum = GaugeInstrument()

    var value: (count: Int64, sum: Double) { (count.value, sum.value) }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        count.increment(by: 1)
        sum.increment(by: value)
    }
}
