import Logging
import Synchronization
import Telemetry

/// The log of a gateway under test.
final class CollectedLog: Sendable {
    private let all = Mutex<[String]>([])

    var lines: [String] { all.withLock { $0 } }

    var output: LogOutput {
        LogOutput(
            service: "gateway", level: .info,
            sink: LogSink { line in self.all.withLock { $0.append(String(decoding: line, as: UTF8.self)) } })
    }
}
