import Logging
import Primitives
import Synchronization
import Telemetry

/// A sink that keeps what it is given.
final class CollectedLines: Sendable {
    private let lines = Mutex<[[UInt8]]>([])

    var sink: LogSink { LogSink { line in self.lines.withLock { $0.append(line) } } }
    var all: [String] { lines.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } }

    func output(_ format: LogFormat = .json, level: LogLevel = .info) -> LogOutput {
        LogOutput(
            service: "content", format: format, level: level, sink: sink,
            clock: ManualClock(Timestamp(microseconds: 1_800_000_000_123_456)).clock)
    }
}
