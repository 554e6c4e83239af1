import Contract
import HTTP
import Logging
import Postgres
import Primitives
import ServiceKit
import Telemetry
import TestKit
import Testing
import Transport

/// Waits for something that never happens, as for a lock, and says when it was let go.
private enum Dawdle: Endpoint {
    typealias Caller = Anyone
    typealias Input = Nothing
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.get
    static let path: StaticString = "/v1/dawdle"
    static let policy = Policy(visibility: .public, rate: .read, retry: .safe)
    static let input = Nothing.shape
    static let output = Answer.noContent
    static let summary = "Dawdle."
}

private struct DawdleHandler: Handler {
    typealias Operation = Dawdle
    let ends: Collected<Deadline>
    let work: @Sendable () async throws -> Void

    func handle(_ input: Nothing, _ call: Call<Anyone>) async throws -> Nothing {
        #expect(CallMeter.current?.deadline == call.facts.deadline)
        defer { ends.append(call.facts.deadline) }
        try await work()
        return Nothing()
    }
}

@Suite("A call's deadline")
struct CallDeadlineTests {
    @Test("ends the work in the service, by itself", arguments: ["--http2-prior-knowledge", "--http1.1"])
    func endsWork(version: String) async throws {
        try await expectEnd(version) { try await Task.sleep(for: .seconds(600)) }
    }

    @Test("takes the statement of a transaction back at the server")
    func endsStatement() async throws {
        try await TestPostgres.withDatabase { test in
            // What else would end it takes longer than the test may.
            try await test.open({ $0.statementTimeout = .seconds(600) }) { database in
                try await expectEnd("--http2-prior-knowledge") {
                    try await database.transaction { _ = try await $0.execute(Self.nap) }
                }
                try await eventually { try await database.one(Self.naps) == 0 }
            }
        }
    }

    private static let nap = Statement<Void>("test.nap", "SELECT pg_sleep(600)")
    private static let naps = Statement<Int64>(
        "test.naps",
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND query LIKE '%pg_sleep(600)%'
            AND pid <> pg_backend_pid()
        """)

    /// Serves a call that does `work`, asks for it with 200 ms to go, and expects that it ends of itself.
    private func expectEnd(_ version: String, _ work: @escaping @Sendable () async throws -> Void) async throws {
        let key = Secret([UInt8](repeating: 1, count: 32))
        let ends = Collected<Deadline>()
        let dispatcher = EndpointDispatcher(
            endpoints: API(.content, Dawdle.self).serve(DawdleHandler(ends: ends, work: work)),
            verifier: CallerContextVerifier(audience: .content, keys: [.gateway: [key]]),
            problems: ProblemKind.standard
        ) { _ in false }
        let observer = RequestObserver(
            operations: [Dawdle.operationID, "none"], part: "content",
            output: LogOutput(service: "test", level: .critical), registry: PrometheusRegistry())
        let loops = EventLoops(threads: 1)
        let listener = try await Listener.start(
            ListenerConfiguration(
                addresses: [.init(host: "127.0.0.1", port: 0)],
                protocols: version == "--http1.1" ? .http1 : .http2, limits: .internalHop),
            on: loops,
            handler: EndpointHandler(dispatcher: dispatcher, readiness: Readiness([]), observer: observer))
        let context = CallerContextSigner(issuer: .gateway, audience: .content, key: key)
            .sign(CallerContext(issuer: .gateway, account: nil), now: .now)
        let start = Deadline.now
        let outcome = try await ChildProcess.run([
            "curl", "-sS", "--noproxy", "*", version, "-H", "causeway-caller: \(context)", "-H",
            "causeway-deadline-ms: 200", "-w", "%{http_code}", "http://127.0.0.1:\(listener.port)/v1/dawdle",
        ])
        #expect(outcome.text.hasSuffix("504") && outcome.text.contains("deadline-exceeded"), "\(outcome.text)")
        let end = try #require(ends.all.first)
        #expect(ends.all.count == 1 && end > start && end < .now)
        await listener.drain(deadline: .now)
        await loops.shutdown()
    }
}
