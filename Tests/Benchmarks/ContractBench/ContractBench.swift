import Contract
import HTTP
import Logging
import Primitives
import ServiceKit
import Telemetry
import Transport

/// A service of one endpoint that answers 500 bytes of JSON, with all that a request to a real one passes: the signed
/// caller context, revocations, routing, decoding, the handler, encoding, metrics and the log line.
///
///     ContractBench serve <port> <log level>   serves until it is killed
///     ContractBench context                    prints a caller context; it is good for 30 seconds
@main
struct ContractBench {
    private static let answerBytes = 500
    /// Known to whoever reads this: it guards nothing.
    private static let key = Secret([UInt8](repeating: 7, count: 32))

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch arguments.first {
        case "context": printContext()
        case "serve":
            let rest = Array(arguments.dropFirst())
            try await serve(
                port: rest.first.flatMap { Int($0) } ?? 0,
                level: rest.last.flatMap { Logger.Level(rawValue: $0) } ?? .info)
        default: print("ContractBench serve <port> <log level> | context")
        }
    }

    /// Signed in, as the gateway would vouch for it.
    private static func printContext() {
        let account = CallerContext.Account(
            id: .make(), session: .make(), roles: ["author"], permissions: ["articles:write", "comments:write"],
            authenticatedAt: .now, methods: ["pwd"], epoch: 1)
        let context = CallerContext(
            issuer: .gateway, account: account, clientAddress: "192.0.2.1", userAgent: "h2load")
        print(CallerContextSigner(issuer: .gateway, audience: .content, key: key).sign(context, now: .now))
    }

    private static func serve(port: Int, level: Logger.Level) async throws {
        let api = API(.content, ReadNote.self)
        let note = NoteView.sample(bytes: answerBytes)
        let revocations = RevocationList()
        let dispatcher = EndpointDispatcher(
            endpoints: api.serve(ReadNoteHandler(note: note)),
            verifier: CallerContextVerifier(audience: .content, keys: [.gateway: [key]]),
            problems: ProblemKind.standard
        ) { revocations.isRevoked($0) }
        let observer = RequestObserver(
            operations: [ReadNote.operationID, "none"], part: "content",
            output: LogOutput(service: "bench", level: level),
            registry: PrometheusRegistry())
        let listener = try await Listener.start(
            ListenerConfiguration(
                addresses: [.init(host: "127.0.0.1", port: port)], protocols: .http2, limits: .internalHop),
            on: EventLoops(threads: 1),
            handler: EndpointHandler(dispatcher: dispatcher, readiness: Readiness([]), observer: observer))
        print("listening on \(listener.port), for /v1/notes/\(note.id)")
        try await Task.sleep(for: .seconds(24 * 3600))
    }
}
