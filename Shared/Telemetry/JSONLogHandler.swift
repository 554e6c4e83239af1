internal import JSON
package import Logging
internal import Primitives

/// Writes each record as one JSON object on one line: `time`, `level`, `message`, `service`, then the metadata.
package struct JSONLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level
    private let output: LogOutput

    package init(_ output: LogOutput) {
        self.output = output
        logLevel = output.level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = JSONWriter(reservingBytes: 512)
        line.beginLogLine(at: output.clock.now)
        line.logLineMembers(output, level: event.level, message: event.message.description)
        for (key, value) in merged(metadata, metadataProvider, event) {
            line.name(Self.reserved.contains(key) ? "_\(key)" : bounded(key))
            line.metadata(value, depth: 1)
        }
        output.write(endingLogLine: line)
    }

    /// The members that every line has; metadata of the same name gets an underscore before it.
    private static let reserved: Set<String> = ["time", "level", "message", "service"]
}

extension LogOutput {
    func write(endingLogLine line: consuming JSONWriter) {
        line.endObject()
        line.endLine()
        sink.write(line.bytes)
    }
}

extension JSONWriter {
    mutating func beginLogLine(at time: Timestamp) {
        beginObject()
        member("time", plainBytes: Timestamp.textBytes) { time.write(to: $0) }
    }

    mutating func logLineMembers(_ output: LogOutput, level: Logger.Level, message: String) {
        member("level", string: level.rawValue)
        member("message", string: bounded(message))
        member("service", string: output.service)
    }

    fileprivate mutating func metadata(_ value: Logger.Metadata.Value, depth: Int) {
        switch value {
        case .string(let text):
            string(bounded(text))
        case .stringConvertible(let number as Int):
            integer(number)
        case .stringConvertible(let flag as Bool):
            bool(flag)
        case .stringConvertible(let number as Double):
            double(number)
        case .stringConvertible(let other):
            string(bounded(other.description))
        case .array where depth >= TelemetryLimits.logDepthMax, .dictionary where depth >= TelemetryLimits.logDepthMax:
            string(bounded(value.description))
        case .array(let elements):
            beginArray()
            for element in elements { metadata(element, depth: depth + 1) }
            endArray()
        case .dictionary(let members):
            beginObject()
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                name(bounded(key))
                metadata(value, depth: depth + 1)
            }
            endObject()
        }
    }
}
