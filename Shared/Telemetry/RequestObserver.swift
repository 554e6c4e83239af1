internal import CoreMetrics
internal import JSON
internal import Logging
internal import Primitives
internal import Synchronization

/// Turns observations into log lines and metrics.
///
/// - `http_requests_total{operation,part,status_class}`, `http_request_duration_seconds{operation,part}`,
///   `http_request_bytes_total{operation,part}`, `http_response_bytes_total{operation,part}`
/// - in a process with a database: `http_request_statements_total{operation,part}`,
///   `http_request_database_seconds_total{operation,part}`,
///   `http_request_connection_wait_seconds_total{operation,part}`
/// - `limits_reached_total{limit}`, by its `LimitObserver`
package final class RequestObserver: Sendable {
    // A class, and of instruments that are known by their types: every request finds its own anew.
    private final class Instruments: Sendable {
        let classes: [5 of CountInstrument]
        let duration: DurationInstrument
        let requestBytes: CountInstrument
        let responseBytes: CountInstrument
        let database: DatabaseInstruments?

        init(_ operation: String, _ part: String, _ registry: PrometheusRegistry, hasDatabase: Bool) {
            let label = [("operation", operation), ("part", part)]
            classes = InlineArray { index in
                registry.counter("http_requests_total", label + [("status_class", "\(index + 1)xx")])
            }
            duration = registry.duration("http_request_duration_seconds", label)
            requestBytes = registry.counter("http_request_bytes_total", label)
            responseBytes = registry.counter("http_response_bytes_total", label)
            database = hasDatabase ? DatabaseInstruments(label, registry) : nil
        }

        func add(_ request: RequestObservation) {
            classes[min(max(request.status / 100, 1), 5) - 1].increment(by: 1)
            duration.recordNanoseconds(request.duration.wholeNanoseconds)
            requestBytes.increment(by: Int64(request.requestBytes))
            responseBytes.increment(by: Int64(request.responseBytes))
            if let use = request.database { database?.add(use) }
        }
    }

    private struct DatabaseInstruments: Sendable {
        let statements: any CounterHandler & Sendable
        let seconds: any FloatingPointCounterHandler & Sendable
        let waitSeconds: any FloatingPointCounterHandler & Sendable

        init(_ label: [(String, String)], _ registry: PrometheusRegistry) {
            statements = registry.makeCounter(label: "http_request_statements_total", dimensions: label)
            seconds = registry.makeFloatingPointCounter(
                label: "http_request_database_seconds_total", dimensions: label)
            waitSeconds = registry.makeFloatingPointCounter(
                label: "http_request_connection_wait_seconds_total", dimensions: label)
        }

        func add(_ use: RequestObservation.DatabaseUse) {
            guard use.statements > 0 else { return }
            statements.increment(by: Int64(use.statements))
            seconds.increment(by: Double(use.duration.wholeNanoseconds) / 1e9)
            waitSeconds.increment(by: Double(use.connectionWait.wholeNanoseconds) / 1e9)
        }
    }

    /// What waits for the others of its turn beyond this is written at once.
    private static let waitingBytesMax = 64 * 1024

    private let output: LogOutput
    /// Lines that wait to be written together.
    private let waiting = Mutex<[UInt8]>([])
    private let limits: LimitObserver
    // Looked up without a lock: it never changes.
    private let operations: [String: Instruments]
    private let other: Instruments
    // What the lines of all requests have behind their time, by level.
    private let answered: [UInt8]
    private let failed: [UInt8]

    /// - Parameters:
    ///   - operations: all that this part answers.
    ///   - part: which part of the suite, since a process may have several that answer the same operations.
    ///   - hasDatabase: whether requests tell what they asked of a database.
    package init(
        operations: [String], part: String, output: LogOutput, registry: PrometheusRegistry, hasDatabase: Bool = false
    ) {
        self.output = output
        limits = LimitObserver(registry: registry, logger: output.logger)
        answered = JSONWriter.encodedMembers { $0.logLineMembers(output, level: .info, message: "request") }
        failed = JSONWriter.encodedMembers { $0.logLineMembers(output, level: .error, message: "request") }
        registry.describe("http_requests_total", "Requests answered")
        registry.describe("http_request_duration_seconds", "Time from a request's head to the end of its handling")
        if hasDatabase {
            registry.describe("http_request_statements_total", "Statements that requests sent")
            registry.describe("http_request_database_seconds_total", "Time from statements to their answers")
            registry.describe("http_request_connection_wait_seconds_total", "Time that requests waited for connections")
        }
        other = Instruments("other", part, registry, hasDatabase: hasDatabase)
        self.operations = Dictionary(
            operations.map { ($0, Instruments($0, part, registry, hasDatabase: hasDatabase)) }
        ) { first, _ in first }
    }

    package func observe(_ observation: Observation) {
        switch observation {
        case .requestAnswered(let request): observe(request)
        case .limitReached(let limit): observe(limit)
        }
    }

    package func observe(_ request: RequestObservation) {
        if observeLater(request) { writeWaiting() }
    }

    /// As `observe`, but the log line waits for `writeWaiting`, so that requests that end together cost one write.
    ///
    /// - Returns: whether it waits: then the caller has to see to it that it is written.
    package func observeLater(_ request: RequestObservation) -> Bool {
        (operations[request.operation] ?? other).add(request)
        // 501 is what a client asks for: a method that is not there.
        let isFailure = request.status >= 500 && request.status != 501
        guard (isFailure ? .error : .info) >= output.level else { return false }
        switch output.format {
        case .json: return addJSON(request, isFailure ? failed : answered)
        case .console:
            writeText(request, isFailure ? .error : .info)
            return false
        }
    }

    /// Writes the lines that wait; call it at the end, too.
    package func writeWaiting() {
        waiting.withLock { lines in
            guard !lines.isEmpty else { return }
            output.sink.write(lines)
            lines.removeAll(keepingCapacity: true)
        }
    }

    package func observe(_ limit: LimitObservation) {
        limits.observe(limit)
    }

    /// Adds the line to those that wait; whether it does.
    private func addJSON(_ request: RequestObservation, _ constants: [UInt8]) -> Bool {
        waiting.withLock { lines in
            var taken: [UInt8] = []
            swap(&taken, &lines)
            var line = JSONWriter(continuing: consume taken)
            writeJSON(request, constants, to: &line)
            lines = line.takeBytes()
            guard lines.count > Self.waitingBytesMax else { return true }
            output.sink.write(lines)
            lines.removeAll(keepingCapacity: true)
            return false
        }
    }

    /// Straight to the line, without a dictionary between: one is written for every request.
    private func writeJSON(_ request: RequestObservation, _ constants: [UInt8], to line: inout JSONWriter) {
        line.beginLogLine(at: request.endedAt ?? output.clock.now)
        line.members(encoded: constants)
        line.member("request", plainBytes: UUIDv7.textBytes) { request.requestID.uuid.write(to: $0) }
        if let trace = request.trace {
            line.member("trace", plainBytes: TraceContext.traceIDBytes) { trace.writeTraceID(to: $0) }
            line.member("span", plainBytes: TraceContext.spanIDBytes) { TraceContext.write(span: trace.span, to: $0) }
        }
        if let parent = request.parentSpan {
            line.member("parent_span", plainBytes: TraceContext.spanIDBytes) {
                TraceContext.write(span: parent, to: $0)
            }
        }
        line.member("operation", string: request.operation)
        line.member("method", string: bounded(request.method, bytesMax: 64))
        line.member("status", integer: Int64(request.status))
        line.member("duration_us", integer: request.duration.wholeMicroseconds)
        line.member("request_bytes", integer: Int64(request.requestBytes))
        line.member("response_bytes", integer: Int64(request.responseBytes))
        line.member("caller", string: request.caller.rawValue)
        if let code = request.errorCode { line.member("error", string: code) }
        if let detail = request.detail { line.member("detail", string: bounded(detail)) }
        if let client = request.client { line.member("client", string: bounded(client)) }
        if let certificate = request.certificate {
            line.member("certificate", string: bounded(certificate.fingerprint))
            line.member("subject", string: bounded(certificate.subject))
        }
        if !request.phases.isEmpty {
            line.name(plain: "phases_us")
            line.object { line in
                for phase in request.phases {
                    line.member(phase.name, integer: phase.duration.wholeMicroseconds)
                }
            }
        }
        if let database = request.database {
            line.member("statements", integer: Int64(database.statements))
            line.member("database_us", integer: database.duration.wholeMicroseconds)
            line.member("connection_wait_us", integer: database.connectionWait.wholeMicroseconds)
        }
        line.endObject()
        line.endLine()
    }

    private func writeText(_ request: RequestObservation, _ level: Logger.Level) {
        var facts = [("request", request.requestID.description)]
        if let code = request.errorCode { facts.append(("error", code)) }
        if let detail = request.detail { facts.append(("detail", detail)) }
        let milliseconds = Double(request.duration.wholeMicroseconds) / 1000
        let message = "\(request.method) \(request.operation) \(request.status) \(milliseconds) ms"
        output.write(consoleLine: message, level: level, facts: facts)
    }
}
