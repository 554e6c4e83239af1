package import Logging
internal import Primitives

/// Writes each record as a line for a person: `12:00:00.000 WARNING auth: message key=value`.
package struct ConsoleLogHandler: LogHandler {
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
        let facts = merged(metadata, metadataProvider, event).map { ($0.key, $0.value.description) }
        output.write(consoleLine: event.message.description, level: event.level, facts: facts)
    }
}

extension LogOutput {
    func write(consoleLine message: String, level: Logger.Level, facts: [(String, String)]) {
        let time = clock.now.description.dropFirst(11).dropLast()
        let name = level.rawValue.uppercased()
        let padding = String(repeating: " ", count: max(0, 8 - name.count))
        var line = "\(time) \(name)\(padding) \(service): \(printable(bounded(message)))"
        for (key, value) in facts { line += " \(printable(key))=\(printable(bounded(value)))" }
        sink.write(Array(line.utf8) + [UInt8(ascii: "\n")])
    }
}

/// `text` with control characters spelled out, so that a request cannot steer the reader's terminal or fake a line.
private func printable(_ text: String) -> String {
    let isControl = { (scalar: Unicode.Scalar) in scalar.properties.generalCategory == .control }
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.unicodeScalars.map { isControl($0) ? $0.escaped(asASCII: true) : String($0) }.joined()
}
