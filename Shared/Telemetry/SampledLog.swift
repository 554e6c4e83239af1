package import Logging
package import Primitives
internal import Synchronization

/// Notices that may come by the thousand: at most so many lines a second for each reason, then only a count.
///
/// The count of suppressed lines goes out as `suppressed` with the reason's next line, or soon by `SampledLogs`.
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

    /// - Parameter logs: sees to it that what is held back is written.
    package init(
        _ logger: Logger, linesPerSecondMax: Int = 5, in logs: SampledLogs = .ofProcess,
        now: @escaping @Sendable () -> Deadline = { Deadline.now }
    ) {
        self.logger = logger
        self.linesPerSecondMax = linesPerSecondMax
        self.now = now
        logs.add(self)
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

    /// Writes one line for each reason with suppressed lines whose second is over, or for every one where nothing will
    /// come any more.
    package func flush(isLast: Bool = false) {
        let now = now()
        let pending = windows.withLock { windows in
            let held = windows.filter { $0.value.suppressed > 0 && (isLast || $0.value.endsAt <= now) }
            for (reason, window) in held {
                if window.endsAt <= now { windows[reason] = nil } else { windows[reason]?.suppressed = 0 }
            }
            return held.sorted { $0.key < $1.key }
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
