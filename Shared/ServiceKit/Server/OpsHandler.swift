internal import Contract
internal import HTTP
internal import JSON
internal import NIOCore
internal import Synchronization
package import Telemetry
package import Transport

/// One thing that must be well before a process takes requests.
package struct ReadinessCheck: Sendable {
    package let name: String
    /// Nil where all is well, else what is wrong, in words for operators.
    package let problem: @Sendable () async -> String?

    package init(_ name: String, _ problem: @escaping @Sendable () async -> String?) {
        self.name = name
        self.problem = problem
    }
}

/// Whether a process is ready: all its checks pass and it is not draining.
package final class Readiness: Sendable {
    private let checks: [ReadinessCheck]
    private let isDraining = Atomic(false)

    package init(_ checks: [ReadinessCheck]) {
        self.checks = checks
    }

    package func beginDraining() {
        isDraining.store(true, ordering: .releasing)
    }

    /// Every check's name and problem.
    package func report() async -> [(name: String, problem: String?)] {
        var report: [(name: String, problem: String?)] = []
        if isDraining.load(ordering: .acquiring) { report.append(("draining", "the process is stopping")) }
        for check in checks { report.append((check.name, await check.problem())) }
        return report
    }

    /// The answer of `/readyz`: 200 or 503, with a line for each check when `verbose`.
    package func reply(verbose: Bool) async -> (status: Int, body: String) {
        let report = await report()
        let isReady = report.allSatisfy { $0.problem == nil }
        let lines = report.map {
            "\($0.problem == nil ? "ok" : "not ok") \($0.name)\($0.problem.map { ": \($0)" } ?? "")"
        }
        let summary = isReady ? "ready" : "not ready"
        return (isReady ? 200 : 503, (verbose ? lines + [summary] : [summary]).joined(separator: "\n") + "\n")
    }
}

/// The operators' port of a process: `/livez`, `/readyz`, `/metrics`, over HTTP/1.1.
package struct OpsHandler: RequestHandler {
    private let readiness: Readiness
    private let registry: PrometheusRegistry

    package init(readiness: Readiness, registry: PrometheusRegistry) {
        self.readiness = readiness
        self.registry = registry
    }

    package func handle(_ exchange: ServerExchange) async {
        guard exchange.head.method == .get || exchange.head.method == .head else {
            return respond(exchange, 405, "Only GET is answered here.\n", [("allow", "GET, HEAD")])
        }
        let path = exchange.head.path.prefix { $0 != "?" }
        let query = exchange.head.path.dropFirst(path.count + 1)
        switch path {
        case "/livez": respond(exchange, 200, "alive\n")
        case "/readyz":
            let (status, body) = await readiness.reply(verbose: query == "verbose")
            respond(exchange, status, body)
        case "/metrics":
            let body = String(decoding: registry.render(), as: UTF8.self)
            respond(exchange, 200, body, [("content-type", "text/plain; version=0.0.4; charset=utf-8")])
        default: respond(exchange, 404, "Here are /livez, /readyz, /readyz?verbose and /metrics.\n")
        }
    }

    private func respond(
        _ exchange: ServerExchange, _ status: Int, _ body: String, _ fields: [(String, String)] = []
    ) {
        var head = ResponseHead(status: status)
        for (name, value) in fields { head.fields.append(name, value) }
        if !head.fields.contains("content-type") { head.fields.append("content-type", "text/plain; charset=utf-8") }
        head.fields.append("cache-control", "no-store")
        exchange.respond(head, body: ByteBuffer(string: body))
    }
}
