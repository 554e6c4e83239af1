internal import Foundation
internal import Synchronization

extension SuiteUnderTest {
    /// Starts a part.
    package func start(_ part: Part, of release: Release = .this, untilReady: Bool = true) async throws {
        let process = try ChildProcess(
            [try executable(release), "serve", part.rawValue], environment: environment, errors: logPath(part))
        afterlife.add(process)
        processes.withLock { $0[part.rawValue] = process }
        if untilReady { try await waitUntilReady(part) }
    }

    /// Ends a part by a signal and waits until it has ended.
    ///
    /// - Returns: its exit status; 128 and the signal's number where the signal ended it.
    @discardableResult
    package func stop(_ part: Part, signal: Int32 = SIGTERM) async -> Int32? {
        await stop(named: part.rawValue, signal: signal)
    }

    /// Ends a part without a warning.
    package func kill(_ part: Part) async {
        await stop(part, signal: SIGKILL)
    }

    package func restart(_ part: Part, signal: Int32 = SIGTERM) async throws {
        await stop(part, signal: signal)
        try await start(part)
    }

    /// The process of a part; nil while it is stopped.
    package func process(_ part: Part) -> ChildProcess? {
        processes.withLock { $0[part.rawValue] }
    }

    /// Whether a part says that it takes requests; one process answers for all of its parts.
    package func isReady(_ part: Part) async -> Bool {
        let parts: [Part] = part == .all ? [.auth, .user, .content, .gateway] : [part]
        for part in parts {
            guard let reply = try? await ops(part).get("/readyz"), reply.status == 200 else { return false }
        }
        return true
    }

    package func waitUntilReady(_ part: Part) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while await !isReady(part) {
            guard process(part)?.hasEnded == false, ContinuousClock.now < end else {
                throw Fault(
                    description: "\(part) is not ready:\n\(errors(part))\n\(text(logPath(part)).suffix(4000))")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// A client of a part's operators' port.
    package func ops(_ part: Part) -> Curl { Curl(base: "http://127.0.0.1:\(ports.ops(part))") }

    /// A client of a service's internal port: HTTP/2 without TLS.
    package func service(_ part: Part) -> Curl {
        Curl(base: "http://127.0.0.1:\(ports.service(part))", options: ["--http2-prior-knowledge"])
    }

    /// A client of the gateway, over IPv4 unless told otherwise.
    package var gateway: Curl { gateway(address: "127.0.0.1") }

    package func gateway(address: String) -> Curl {
        Curl(
            base: "https://localhost:\(ports.https)", certificate: certificate,
            options: ["--resolve", "localhost:\(ports.https):\(address)"])
    }

    // MARK: The mail catcher

    package func startMailCatcher() async throws {
        // Debian's Python has the SMTP server's package.
        let process = try ChildProcess(
            [
                "/usr/bin/python3", Repository.path("compose/local/mailcatcher.py"), String(ports.smtp),
                String(ports.mailPage),
            ],
            errors: folder + "/mail.errors")
        afterlife.add(process)
        processes.withLock { $0["mail"] = process }
        guard await process.nextLine() != nil else {
            throw Fault(description: "the mail catcher did not start: \(text(folder + "/mail.errors"))")
        }
    }

    package func stopMailCatcher() async {
        await stop(named: "mail", signal: SIGKILL)
    }

    @discardableResult
    func stop(named name: String, signal: Int32) async -> Int32? {
        guard let process = processes.withLock({ $0[name] }) else { return nil }
        let status = await process.stop(signal: signal)
        afterlife.remove(process)
        processes.withLock { processes in
            if processes[name] === process { processes[name] = nil }
        }
        return status
    }

    // MARK: Logs

    /// What a part has logged so far, one JSON document a line, over all its starts.
    package func log(_ part: Part) -> [String] {
        lines(part).filter { $0.hasPrefix("{") }
    }

    /// What a part has told the person at the terminal, beside its log.
    package func errors(_ part: Part) -> String {
        lines(part).filter { !$0.hasPrefix("{") }.joined(separator: "\n")
    }

    /// Logs go to standard error. A line of the log that has no end yet is being written, and is none.
    private func lines(_ part: Part) -> [String] {
        let text = text(logPath(part))
        var lines = text.split(separator: "\n").map(String.init)
        if !text.hasSuffix("\n"), lines.last?.hasPrefix("{") == true { lines.removeLast() }
        return lines
    }

    func logPath(_ part: Part) -> String { "\(folder)/\(part.rawValue).log" }

    private func text(_ path: String) -> String {
        (try? Data(contentsOf: URL(fileURLWithPath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
