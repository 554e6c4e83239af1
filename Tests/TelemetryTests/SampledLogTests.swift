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
        let log = SampledLog(lines.output().logger, linesPerSecondMax: 2, in: SampledLogs(), now: hands.read)
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
        let log = SampledLog(lines.output().logger, linesPerSecondMax: 1, in: SampledLogs(), now: hands.read)
        for _ in 0..<4 { log.notice("limited", reason: "login") }
        log.flush()
        #expect(lines.all.count == 1, "its second is not over")
        hands.advance(.seconds(2))
        log.flush()
        log.flush()
        #expect(lines.all.count == 2)
        #expect(lines.all[1].contains(#""reason":"login""#) && lines.all[1].contains(#""suppressed":3"#))
    }

    @Test func `whatever log of a process holds lines back, they are told soon, and at the end at once`() async throws {
        let lines = CollectedLines()
        let hands = Hands()
        let logs = SampledLogs()
        let kept = ["https", "http"].map { part in
            var logger = lines.output().logger
            logger[metadataKey: "part"] = .string(part)
            return SampledLog(logger, linesPerSecondMax: 1, in: logs, now: hands.read)
        }
        _ = SampledLog(lines.output().logger, in: logs)
        for log in kept { for _ in 0..<3 { log.notice("limited", reason: "idle") } }
        hands.advance(.seconds(2))
        let flushing = Task { await logs.run(every: .milliseconds(1)) }
        let deadline = Deadline.after(.seconds(60))
        while lines.all.count != 4, !deadline.hasPassed { try await Task.sleep(for: .milliseconds(1)) }
        #expect(lines.all.count == 4)
        for (line, part) in zip(lines.all[2...], ["https", "http"]) {
            #expect(line.contains("\"part\":\"\(part)\"") && line.contains(#""suppressed":2"#), "\(line)")
        }
        for _ in 0..<4 { kept[0].notice("limited", reason: "idle") }
        flushing.cancel()
        await flushing.value
        #expect(lines.all.count == 6 && lines.all[5].contains(#""suppressed":3"#), "\(lines.all)")
        // They are flushed as long as somebody has them.
        withExtendedLifetime(kept) {}
    }

    @Test func `reasons without end share one budget`() {
        let lines = CollectedLines()
        let log = SampledLog(lines.output().logger, linesPerSecondMax: 1, in: SampledLogs(), now: Hands().read)
        for number in 0..<1000 { log.notice("limited", reason: "reason-\(number)") }
        #expect(lines.all.count == TelemetryLimits.sampledReasonsMax + 1)
    }
}
