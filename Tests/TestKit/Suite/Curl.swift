internal import Foundation
internal import JSON

/// curl as a client of the suite: a client that is not ours.
package struct Curl: Sendable {
    /// `https://localhost:8443`, without a slash at its end.
    package let base: String
    /// The certificate that is trusted beside the system's; nil where there is no TLS.
    package let certificate: String?
    /// Options of every call, before those of one call: `["--http1.1", "-6"]`.
    package var options: [String]

    /// Whether a call waits and is sent again while the hashing of passwords is as busy as it may be (`auth-busy`).
    private var isPatient = false

    package init(base: String, certificate: String? = nil, options: [String] = []) {
        self.base = base
        self.certificate = certificate
        self.options = options
    }

    /// The same client with more options.
    package func with(_ options: String...) -> Curl {
        var other = self
        other.options += options
        return other
    }

    /// The same client, for calls that hash a password: as many tests do that at once as the machine takes and more.
    package var patient: Curl {
        var other = self
        other.isPatient = true
        return other
    }

    /// No answer came: curl's own exit code and words.
    package struct NoAnswer: Error, CustomStringConvertible {
        package let code: Int32
        package let description: String
    }

    /// The most that a patient client tries.
    private static let attemptsMax = 20

    /// Sends one request on a connection of its own.
    ///
    /// - Parameters:
    ///   - target: path and query, sent exactly as they are.
    ///   - headers: lines such as `accept: text/html`.
    ///   - body: sent with `application/json` unless `headers` name a type.
    ///   - options: options of curl for this call.
    package func send(
        _ method: String, _ target: String, headers: [String] = [], body: [UInt8]? = nil, options: [String] = [],
        seconds: Int = 30
    ) async throws -> HTTPReply {
        var arguments = [
            "curl", "--silent", "--show-error", "--include", "--path-as-is", "--noproxy", "*", "--max-time",
            String(seconds), "--header", "expect:",
        ]
        if let certificate { arguments += ["--cacert", certificate] }
        arguments += method == "HEAD" ? ["--head"] : ["--request", method]
        let namesType = headers.contains { $0.lowercased().hasPrefix("content-type:") }
        if body != nil {
            arguments += ["--data-binary", "@-"]
            if !namesType { arguments += ["--header", "content-type: application/json"] }
        }
        for header in headers { arguments += ["--header", header] }
        arguments += self.options + options + [base + target]
        var attempt = 0
        while true {
            attempt += 1
            let outcome = try await ChildProcess.run(arguments, input: body ?? [], seconds: seconds + 10)
            guard let reply = HTTPReply(parsing: outcome.output) else {
                throw NoAnswer(code: outcome.status, description: "\(method) \(target): \(outcome.errorText)")
            }
            guard isPatient, reply.code == "auth-busy", attempt < Self.attemptsMax else { return reply }
            try await Task.sleep(for: .seconds(Int(reply.header("retry-after") ?? "") ?? 1))
        }
    }

    /// Sends a JSON document as text.
    package func send(
        _ method: String, _ target: String, headers: [String] = [], json: String, options: [String] = []
    ) async throws -> HTTPReply {
        try await send(method, target, headers: headers, body: Array(json.utf8), options: options)
    }

    package func get(_ target: String, headers: [String] = [], options: [String] = []) async throws -> HTTPReply {
        try await send("GET", target, headers: headers, options: options)
    }
}
