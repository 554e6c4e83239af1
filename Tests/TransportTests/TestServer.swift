import Foundation
import HTTP
import NIOCore
import Primitives
import Synchronization
import TLS
import TestKit
import Transport

/// Answers by path, so that one server serves every test.
struct TestHandler: RequestHandler {
    let record: Recorder

    func handle(_ exchange: ServerExchange) async {
        record.count("started")
        defer { record.count("ended") }
        let path = exchange.head.path
        do throws(BodyFailure) {
            switch path {
            case "/echo": try await echo(exchange)
            case "/collect":
                let body = try await exchange.body.collect(upTo: 1000)
                exchange.respond(ResponseHead(status: 200), body: body)
            case "/drip": try await drip(exchange)
            case "/dripped":
                let fields: HeaderFields = ["x-dripped": "\(record.value("dripped"))"]
                exchange.respond(ResponseHead(status: 200, fields: fields))
            case "/facts": facts(exchange)
            case "/large": try await large(exchange)
            case "/megabyte":
                exchange.respond(ResponseHead(status: 200), body: ByteBuffer(repeating: 0x61, count: 1 << 20))
            case "/megabytes":
                exchange.respond(ResponseHead(status: 200), body: ByteBuffer(repeating: 0x61, count: 64 << 20))
            case "/tunnel": await tunnel(exchange)
            case "/nothing": break
            case "/abort":
                let writer = exchange.start(ResponseHead(status: 200))
                try await writer.write(ByteBuffer(string: "begun"))
                writer.abort()
            case "/trailers":
                let writer = exchange.start(ResponseHead(status: 200, fields: ["trailer": "x-sum"]))
                try await writer.write(ByteBuffer(string: "body"))
                writer.finish(trailers: ["x-sum": "1"])
            case "/status/204": exchange.respond(ResponseHead(status: 204), body: ByteBuffer(string: "never"))
            case "/early": exchange.respond(ResponseHead(status: 413), body: ByteBuffer(string: "too much"))
            case "/hang": await hang(exchange)
            case "/gate":
                _ = await record.eventually { $0.value("opened") > 0 }
                exchange.respond(ResponseHead(status: 200), body: ByteBuffer(string: "open"))
            case "/slow":
                try? await Task.sleep(for: .milliseconds(300))
                exchange.respond(ResponseHead(status: 200), body: ByteBuffer(string: "slow"))
            default: exchange.respond(ResponseHead(status: 200), body: ByteBuffer(string: "hello \(path)"))
            }
        } catch {
            record.note("failure", "\(error)")
            let status =
                switch error {
                case .tooLarge: 413
                case .tooSlow: 408
                default: 400
                }
            exchange.respond(ResponseHead(status: status), body: ByteBuffer(string: "\(error)"))
        }
    }

    private func echo(_ exchange: ServerExchange) async throws(BodyFailure) {
        let writer = exchange.start(ResponseHead(status: 200))
        while let bytes = try await exchange.body.next() { try await writer.write(bytes) }
        writer.finish(trailers: exchange.trailers)
    }

    /// Sends back what comes; once the client has ended its half, says how much it was.
    private func tunnel(_ exchange: ServerExchange) async {
        let tunnel = exchange.acceptTunnel(["x-tunnel": "yes"])
        do throws(TunnelBroken) {
            var count = 0
            while let bytes = try await tunnel.next() {
                count += bytes.readableBytes
                try await tunnel.write(bytes)
            }
            try await tunnel.write(ByteBuffer(string: "all \(count)"))
            tunnel.finish()
        } catch {
            record.count("broken")
        }
    }

    private func large(_ exchange: ServerExchange) async throws(BodyFailure) {
        let writer = exchange.start(ResponseHead(status: 200))
        let piece = ByteBuffer(repeating: 0x61, count: 64 * 1024)
        for _ in 0..<160 {
            try await writer.write(piece)
            record.count("pieces")
        }
        writer.finish()
    }

    /// Small pieces, counted as they are taken.
    private func drip(_ exchange: ServerExchange) async throws(BodyFailure) {
        let writer = exchange.start(ResponseHead(status: 200))
        let piece = ByteBuffer(repeating: 0x61, count: 16 * 1024)
        for _ in 0..<8 {
            try await writer.write(piece)
            record.count("dripped")
        }
        writer.finish()
    }

    private func facts(_ exchange: ServerExchange) {
        let info = exchange.connection
        let text = [
            exchange.head.method.text, exchange.head.scheme, exchange.head.authority, info.peer.text,
            info.version.rawValue, info.tls?.version ?? "-", info.tls?.serverName ?? "-",
            exchange.head.fields.first("x-test") ?? "-",
        ].joined(separator: "|")
        exchange.respond(ResponseHead(status: 200), body: ByteBuffer(string: text))
    }

    /// Never answers; notes that it was cancelled.
    private func hang(_ exchange: ServerExchange) async {
        try? await Task.sleep(for: .seconds(60))
        if Task.isCancelled { record.count("cancelled") }
    }
}

/// Counts and notes from any thread; a test waits for a count.
final class Recorder: Sendable {
    private struct State {
        var counts: [String: Int] = [:]
        var notes: [String: [String]] = [:]
    }

    private let state = Mutex(State())

    func count(_ name: String) { state.withLock { $0.counts[name, default: 0] += 1 } }
    func note(_ name: String, _ text: String) { state.withLock { $0.notes[name, default: []].append(text) } }
    func value(_ name: String) -> Int { state.withLock { $0.counts[name, default: 0] } }
    func notes(_ name: String) -> [String] { state.withLock { $0.notes[name, default: []] } }

    /// Whether `condition` came true within a minute.
    func eventually(_ condition: @Sendable (Recorder) -> Bool) async -> Bool {
        for _ in 0..<6000 {
            if condition(self) { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return condition(self)
    }

    var observer: TransportObserver {
        TransportObserver { event in
            switch event {
            case .limited(let reason): self.note("limited", reason)
            case .refused(let reason): self.note("refused", reason)
            case .tlsFailed(let reason): self.note("tls", reason)
            default: self.count("\(event)")
            }
        }
    }
}

/// A listener on a free port with loops of its own.
struct TestServer {
    let loops: EventLoops
    let listener: Listener
    let record: Recorder
    var port: Int { listener.port }

    static func with<Value>(
        _ protocols: ListenerConfiguration.Protocols, accept: ListenerConfiguration.Accept = .inTurn,
        limits: HTTPLimits = HTTPLimits(), addresses: [String] = ["127.0.0.1"], door: DoorPolicy = DoorPolicy(),
        isStrained: @escaping @Sendable () -> Bool = { false }, admission: Admission? = nil,
        _ body: (TestServer) async throws -> Value
    ) async throws -> Value {
        let loops = EventLoops(threads: 2)
        let record = Recorder()
        var configuration = ListenerConfiguration(
            addresses: addresses.map { .init(host: $0, port: 0) }, protocols: protocols, accept: accept, limits: limits,
            observer: record.observer)
        configuration.sweepInterval = .milliseconds(20)
        configuration.door = door
        configuration.isStrained = isStrained
        configuration.admission = admission
        let listener = try await Listener.start(configuration, on: loops, handler: TestHandler(record: record))
        let server = TestServer(loops: loops, listener: listener, record: record)
        let result: Result<Value, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        await listener.drain(deadline: .now)
        await loops.shutdown()
        return try result.get()
    }
}

/// A certificate for localhost, made once.
enum Certificate {
    static let local: DevelopmentCertificate? = try? .make(names: ["localhost", "127.0.0.1"], validDays: 2)

    static func context(keyUpdatesMax: Int = TLSLimits.keyUpdatesMax) throws -> TLSContext {
        guard let local else { throw TLSFailure(.configuration, "no certificate") }
        return try .server(
            certificates: [TLSCertificate(chainPEM: local.certificatePEM, keyPEM: local.keyPEM)],
            keyUpdatesMax: keyUpdatesMax)
    }
}

/// Runs another program and returns what it printed.
enum Program {
    struct Output {
        let status: Int32
        let text: String
        var lines: [String] { text.split(separator: "\n").map(String.init) }
    }

    static func run(_ arguments: [String], input: Data? = nil) async throws -> Output {
        let outcome = try await ChildProcess.run(arguments, input: input.map { Array($0) } ?? [])
        return Output(status: outcome.status, text: outcome.text + outcome.errorText)
    }

    static var python: String { ChildProcess.python }
}
