package import Logging
package import Primitives

/// How log lines look.
package enum LogFormat: String, Hashable, Sendable, CaseIterable {
    /// One JSON object per line, for machines.
    case json
    /// One line of text, for a person at a terminal.
    case console
}

/// A process's log: what it is called, how its lines look and where they go. Handlers and observers share one.
package struct LogOutput: Sendable {
    package let service: String
    package let format: LogFormat
    /// Lines below it are not written.
    package let level: Logger.Level
    package let sink: LogSink
    package let clock: Clock

    package init(
        service: String, format: LogFormat = .json, level: Logger.Level = .info, sink: LogSink = .standardError,
        clock: Clock = .system
    ) {
        self.service = service
        self.format = format
        self.level = level
        self.sink = sink
        self.clock = clock
    }

    /// A handler for swift-log. `LoggingSystem.bootstrap(output.handler(label:))` makes it the process's.
    package func handler(label: String) -> any LogHandler {
        switch format {
        case .json: JSONLogHandler(self)
        case .console: ConsoleLogHandler(self)
        }
    }

    /// A logger that writes here whatever the process's logging system is.
    package var logger: Logger { Logger(label: service) { handler(label: $0) } }
}

/// `text`, cut to the limit at a character's end.
func bounded(_ text: String, bytesMax: Int = TelemetryLimits.logTextBytesMax) -> String {
    guard text.utf8.count > bytesMax else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: bytesMax)
    while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
        end = text.utf8.index(before: end)
    }
    return text[..<end] + "…"
}
