import Logging
import Primitives
import Synchronization
import Telemetry
import Testing

@Suite struct SampledLogTests {
    /// A monotonic clock that the test moves.
    final class Hands: Sendable {
        private let at = Mutex(Deadline(nanoseconds: 1_000_000_000))
        var read: @Sendable () -> Deadline { { self.at.withLock { $0 } } }
        func advance(_ duration: Duration) { at.withLock { $0 = $0.advanced(by: duration) } }
    }

    @Test func `a reason has so many lines a second and then a count`() {
        let lines = CollectedLines()
        let hands = Hands()
        let log = SampledLog(lines.output().logger, linesPerSecondMax: 2, now: hands.read)
        for _ in 0..<10 { log.notice("limited", reason: "login") }
        #expect(lines.all.count == 2)
        log.notice("limited", reason: "write")
        #expect(lines.all.count == 3, "reasons have budgets of their own")
        hands.advance(.milliseconds(999))
        log.notice("limited", reason: "login")
        #expect(lines.all.count == 3)
        hands.advance(.milliseconds(1))
        log.notice("limited", reason: "login")
        #expect(lines.all.count == 4)
        #expect(lines.all[3].contains(#""suppressed":9"#))
        log.notice("limited", reason: "login")
        #expect(!lines.all[4].contains("suppressed"))
    }

    @Test func `flush tells what no later line would`() {
        let lines = CollectedLines()
        let hands = Hands()
        let log = SampledLog(lines.output().logger, linesPerSecondMax: 1, now: hands.read)
        for _ in 0..<4 { log.notice("limited", reason: "login") }
        log.flush()
        #expect(lines.all.count == 1, "its second is not over")
        hands.advance(.seconds(2))
        log.flush()
        log.flush()
        #expect(lines.all.count == 2)
        #expect(lines.all[1].contains(#""reason":"login""#) && lines.all[1].contains(#""suppressed":3"#))
    }

    @Test func `reasons without end share one budget`() {
        let lines = CollectedLines()
        let log = SampledLog(lines.output().logger, linesPerSecondMax: 1, now: Hands().read)
        for number in 0..<1000 { log.notice("limited", reason: "reason-\(number)") }
        #expect(lines.all.count == TelemetryLimits.sampledReasonsMax + 1)
    }
}
