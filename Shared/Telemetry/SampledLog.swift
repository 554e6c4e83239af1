package import Logging
package import Primitives
internal import Synchronization

/// Notices that may come by the thousand: at most so many lines a second for each reason, then only a count.
///
/// The count of suppressed lines goes out as `suppressed` with the reason's next line, or by `flush()`.
package final class SampledLog: Sendable {
    private struct Window {
        var endsAt: Deadline
        var lines = 0
        var suppressed = 0
    }

    private let logger: Logger
    private let linesPerSecondMax: Int
    private let now: @Sendable () -> Deadline
    private let windows = Mutex<[String: Window]>([:])

    package init(
        _ logger: Logger, linesPerSecondMax: Int = 5, now: @escaping @Sendable () -> Deadline = { Deadline.now }
    ) {
        self.logger = logger
        self.linesPerSecondMax = linesPerSecondMax
        self.now = now
    }

    /// - Parameter reason: of a small fixed set; never text from a request.
    package func notice(
        _ message: @autoclosure () -> Logger.Message, reason: String, level: Logger.Level = .notice,
        metadata: @autoclosure () -> Logger.Metadata = [:]
    ) {
        guard let suppressed = admit(reason) else { return }
        var facts = metadata()
        facts["reason"] = .string(reason)
        if suppressed > 0 { facts["suppressed"] = .stringConvertible(suppressed) }
        logger.log(level: level, message(), metadata: facts)
    }

    /// Writes one line for each reason with suppressed lines whose second is over. Call it now and then.
    package func flush() {
        let now = now()
        let pending = windows.withLock { windows in
            let over = windows.filter { $0.value.endsAt <= now && $0.value.suppressed > 0 }
            for reason in over.keys { windows[reason] = nil }
            return over.sorted { $0.key < $1.key }
        }
        for (reason, window) in pending {
            logger.notice(
                "lines were suppressed",
                metadata: ["reason": .string(reason), "suppressed": .stringConvertible(window.suppressed)])
        }
    }

    /// Whether a line may go out: nil for no, else how many were suppressed since the last one.
    private func admit(_ reason: String) -> Int? {
        let now = now()
        return windows.withLock { windows in
            var key = reason
            if windows[key] == nil, windows.count >= TelemetryLimits.sampledReasonsMax { key = "other" }
            var window = windows[key] ?? Window(endsAt: now.advanced(by: .seconds(1)))
            var suppressed = 0
            if window.endsAt <= now {
                suppressed = window.suppressed
                window = Window(endsAt: now.advanced(by: .seconds(1)))
            }
            let isAdmitted = window.lines < linesPerSecondMax
            if isAdmitted { window.lines += 1 } else { window.suppressed += 1 }
            windows[key] = window
            return isAdmitted ? suppressed : nil
        }
    }
}
