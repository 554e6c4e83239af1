import Contract
import HTTP
import JSON
import NIOCore
import Primitives
import Protocol
import ServiceKit
import Synchronization
import Transport

/// What one call looked like to the service.
struct SeenCall: Sendable {
    let method: String
    let target: String
    let fields: HeaderFields
    var bodyBytes = 0
}

/// Stands for all services behind the gateway. What it does is said by the query's `do`; without it, it says 200.
final class ScriptedService: RequestHandler {
    private struct State {
        var calls: [SeenCall] = []
        var cancelled = 0
        var bytesSent = 0
        var bytesRead = 0
        var isGateOpen = false
        var resetsLeft = 0
        var breaksLeft = 0
        var keySet: [UInt8] = []
        var keyFetches = 0
        var revocations: [RevocationView] = []
        var grants: [String: APIKeyGrant] = [:]
        var keyLookups = 0
    }

    private let state = Mutex(State())
    /// What `Keep` is answered with.
    let kept = KeptThing()

    var calls: [SeenCall] { state.withLock { $0.calls } }
    var cancelled: Int { state.withLock { $0.cancelled } }
    var bytesSent: Int { state.withLock { $0.bytesSent } }
    var bytesRead: Int { state.withLock { $0.bytesRead } }
    var keyFetches: Int { state.withLock { $0.keyFetches } }
    var keyLookups: Int { state.withLock { $0.keyLookups } }
    func grant(_ grant: APIKeyGrant?, to key: APIKey) {
        state.withLock { $0.grants[Hex.encode(key.digest)] = grant }
    }
    func openGate() { state.withLock { $0.isGateOpen = true } }
    func resetNext(_ count: Int) { state.withLock { $0.resetsLeft = count } }
    /// Breaks the next answers off in the middle.
    func breakNext(_ count: Int) { state.withLock { $0.breaksLeft = count } }
    func publish(_ keySet: [UInt8]) { state.withLock { $0.keySet = keySet } }
    func revoke(_ revocation: RevocationView) { state.withLock { $0.revocations.append(revocation) } }

    func handle(_ exchange: ServerExchange) async {
        let path = exchange.head.path
        // Asked for by the gateway itself, now and then.
        if path == "/readyz" { return answer(exchange, []) }
        if path == "/.well-known/jwks.json" {
            let body = state.withLock { state in
                state.keyFetches += 1
                return state.keySet
            }
            return answer(exchange, body)
        }
        if path == "/internal/auth/revocations" {
            var writer = JSONWriter()
            Items(items: state.withLock { $0.revocations }).encode(into: &writer)
            return answer(exchange, writer.bytes)
        }
        if path.hasPrefix("/internal/auth/api-keys/") {
            return answerGrant(exchange, String(path.split(separator: "/").last ?? ""))
        }
        let mustReset = state.withLock { state in
            state.calls.append(
                SeenCall(method: exchange.head.method.text, target: path, fields: exchange.head.fields))
            defer { state.resetsLeft = max(0, state.resetsLeft - 1) }
            return state.resetsLeft > 0
        }
        if mustReset { return exchange.abort(.internalError) }
        if mustBreak() { return await breakOff(exchange) }
        if path.hasPrefix("/v1/test/kept/"), exchange.head.method == .get { return await kept.answer(exchange) }
        let act = exchange.head.connectProtocol == nil ? path.split(separator: "do=").dropFirst().first ?? "" : "tunnel"
        do throws(BodyFailure) { try await perform(String(act), exchange) } catch {}
    }

    private func perform(_ act: String, _ exchange: ServerExchange) async throws(BodyFailure) {
        switch act {
        case "hang": await hang(exchange)
        case "reset": exchange.abort(.internalError)
        case "break":
            let writer = exchange.start(ResponseHead(status: 200, fields: ["content-type": "text/plain"]))
            try await writer.write(ByteBuffer(string: "begun\n"))
            await gate()
            writer.abort()
        case "large": try await large(exchange)
        case "events":
            let writer = exchange.start(ResponseHead(status: 200, fields: ["content-type": "text/event-stream"]))
            try await writer.write(ByteBuffer(string: "data: one\n\n"))
            await gate()
            try await writer.write(ByteBuffer(string: "data: two\n\n"))
            writer.finish(trailers: ["x-sum": "1"])
        case "tunnel":
            let tunnel = exchange.acceptTunnel(HeaderFields())
            do throws(TunnelBroken) {
                while let bytes = try await tunnel.next() { try await tunnel.write(bytes) }
            } catch {}
            tunnel.finish()
        case "refuse":
            exchange.respond(ResponseHead(status: 422, fields: ["content-type": "text/plain"]))
        case "hold":
            await gate()
            try await readAll(exchange)
        case "fields":
            exchange.respond(
                ResponseHead(
                    status: 200,
                    fields: [
                        "content-type": "application/json", "server": "secret/1.2", "set-cookie": "a=b",
                        "x-internal": "1", "x-request-id": "forged", "strict-transport-security": "max-age=0",
                        "etag": "\"1\"", "location": "/v1/articles/x",
                    ]), body: ByteBuffer(string: "{}"))
        case "json": text(exchange, "application/json", bytes: 20_000)
        case "short": text(exchange, "application/json", bytes: 1000)
        case "image": text(exchange, "image/png", bytes: 20_000)
        case "news": text(exchange, "text/event-stream", bytes: 20_000)
        case "long": text(exchange, "application/json", bytes: 300_000)
        case "coded": text(exchange, "application/json", bytes: 20_000, ["content-encoding": "zstd"])
        case "fixed": text(exchange, "application/json", bytes: 20_000, ["cache-control": "no-store, no-transform"])
        case "pieces":
            let writer = exchange.start(ResponseHead(status: 200, fields: ["content-type": "application/json"]))
            try await writer.write(ByteBuffer(string: "[\"first piece\""))
            await gate()
            try await writer.write(ByteBuffer(string: ", \"second piece\"]"))
            writer.finish()
        case "tagged":
            exchange.respond(ResponseHead(status: 200, fields: [CacheTag.header: "other/1, other/2"]))
        case "unchanged": exchange.respond(ResponseHead(status: 304, fields: ["etag": "\"1\""]))
        default: try await readAll(exchange)
        }
    }

    private func answerGrant(_ exchange: ServerExchange, _ digest: String) {
        let grant = state.withLock { state in
            state.keyLookups += 1
            return state.grants[digest]
        }
        var writer = JSONWriter()
        guard let grant else {
            let problem = Problem(.apiKeyInvalid)
            return exchange.respond(ResponseHead(status: 401), body: ByteBuffer(bytes: problem.body(requestID: "r")))
        }
        grant.encode(into: &writer)
        answer(exchange, writer.bytes)
    }

    private func mustBreak() -> Bool {
        state.withLock { state in
            defer { state.breaksLeft = max(0, state.breaksLeft - 1) }
            return state.breaksLeft > 0
        }
    }

    private func breakOff(_ exchange: ServerExchange) async {
        let writer = exchange.start(ResponseHead(status: 200, fields: ["content-length": "100"]))
        try? await writer.write(ByteBuffer(string: "half"))
        // What is written goes out first.
        try? await Task.sleep(for: .milliseconds(20))
        writer.abort()
    }

    private func answer(_ exchange: ServerExchange, _ body: [UInt8]) {
        exchange.respond(
            ResponseHead(status: 200, fields: ["content-type": "application/json"]), body: ByteBuffer(bytes: body))
    }

    private func readAll(_ exchange: ServerExchange) async throws(BodyFailure) {
        var count = 0
        while let bytes = try await exchange.body.next() {
            count += bytes.readableBytes
            state.withLock { $0.bytesRead += bytes.readableBytes }
        }
        answer(exchange, Array("{\"bodyBytes\":\(count)}".utf8))
    }

    static let largeBytes = 100 << 20

    private func large(_ exchange: ServerExchange) async throws(BodyFailure) {
        let writer = exchange.start(
            ResponseHead(status: 200, fields: ["content-type": "application/octet-stream"]))
        await gate()
        let piece = ByteBuffer(repeating: 0x61, count: 64 * 1024)
        for _ in 0..<Self.largeBytes / piece.readableBytes {
            try await writer.write(piece)
            state.withLock { $0.bytesSent += piece.readableBytes }
        }
        writer.finish()
    }

    /// The same letters again and again.
    private func text(
        _ exchange: ServerExchange, _ type: String, bytes: Int, _ more: KeyValuePairs<String, String> = [:]
    ) {
        var head = ResponseHead(status: 200, fields: ["content-type": type, "etag": "\"7-1f0c\""])
        for (name, value) in more { head.fields.append(name, value) }
        exchange.respond(head, body: ByteBuffer(bytes: (0..<bytes).map { UInt8(ascii: "a") + UInt8($0 % 23) }))
    }

    private func gate() async {
        while !state.withLock({ $0.isGateOpen }), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
    }

    private func hang(_ exchange: ServerExchange) async {
        while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
        state.withLock { $0.cancelled += 1 }
    }
}
