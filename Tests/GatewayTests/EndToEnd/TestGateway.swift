import Contract
import Cryptography
import Foundation
import HTTP
import Primitives
import Protocol
import Redis
import ServiceKit
import ServiceLifecycle
import Synchronization
import TLS
import TestKit
import Transport

@testable import Gateway

/// A gateway over real TLS, with scripted services behind it and everything else as in production.
struct TestGateway: Sendable {
    static let publicURL = "https://gateway.example"

    let ports: Gateway.Ports
    let service: ScriptedService
    let key: P256PrivateKey
    let folder: URL
    let gateway: Gateway
    private let group: ServiceGroup
    private let auth: Listener

    /// - Parameters:
    ///   - redisPort: nil for one where nobody listens.
    ///   - redisTimeout: how long a limit waits for Redis: long, so that a busy machine changes no verdict.
    ///   - servicePort: nil for the scripted service's.
    ///   - log: nil for none.
    static func with(
        redisPort: Int? = nil, redisTimeout: Duration = .seconds(10), servicePort: Int? = nil,
        log: CollectedLog? = nil, caching: EdgeCache.Machine.Settings = .init(),
        change: (inout GatewayConfiguration) -> Void = { _ in },
        _ body: (TestGateway) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gateway-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = try processSettings(in: folder)
        let loops = EventLoops(threads: 2)
        let service = ScriptedService()
        let key = P256PrivateKey.generate()
        service.publish(P256KeySet([key.publicKey]).document)
        let auth = try await Self.listen(0, service, loops)
        let others = try await Self.listen(0, service, loops)
        let target = [HostPort(host: "127.0.0.1", port: servicePort ?? others.port)]
        var configuration = GatewayConfiguration(
            publicURL: publicURL, auth: [HostPort(host: "127.0.0.1", port: auth.port)], user: target, content: target)
        configuration.bindAddresses = ["127.0.0.1"]
        (configuration.httpsPort, configuration.httpPort, configuration.opsPort) = (0, 0, 0)
        configuration.upstream.patience = .milliseconds(500)
        configuration.door.certificateInterval = .zero
        // Every call reaches the service, unless a test is about those that need not.
        configuration.cacheBytesMax = 0
        configuration.cache = caching
        // A busy machine is late all the time.
        configuration.strain.delayMax = .zero
        change(&configuration)
        let redis = RedisConfiguration(
            address: .host("127.0.0.1", port: try redisPort ?? FreePorts.take(1)[0]))
        let (started, sink) = AsyncStream.makeStream(of: Gateway.Ports.self)
        var gateway = try Gateway(
            configuration, process: process, redis: redis,
            telemetry: log.map { ProcessTelemetry($0.output) }
                ?? ProcessTelemetry(service: "gateway", settings: process), loops: loops
        ) { sink.yield($0) }
        gateway.endpoints += TestOperations.descriptions
        gateway.limiterSettings.timeout = redisTimeout
        let running = gateway
        let group = ServiceGroup(
            services: [running], gracefulShutdownSignals: [], cancellationSignals: [], logger: running.telemetry.logger)
        let serving = Task { try await group.run() }
        for await ports in started {
            let test = TestGateway(
                ports: ports, service: service, key: key, folder: folder, gateway: running, group: group, auth: auth)
            let result: Result<Void, any Error>
            do {
                try await eventually { try await test.curl(["http://127.0.0.1:\(ports.ops)/readyz"]).status == 200 }
                result = .success(try await body(test))
            } catch {
                result = .failure(error)
            }
            serving.cancel()
            _ = await serving.result
            await auth.drain(deadline: .now)
            await others.drain(deadline: .now)
            await loops.shutdown()
            return try result.get()
        }
    }

    /// Listens as a service does.
    static func listen(_ port: Int, _ service: ScriptedService, _ loops: EventLoops) async throws -> Listener {
        var limits = HTTPLimits.internalHop
        limits.http2.takesConnectProtocol = true
        return try await Listener.start(
            ListenerConfiguration(
                addresses: [.init(host: "127.0.0.1", port: port)], protocols: .http2, limits: limits),
            on: loops, handler: service)
    }

    /// Asks the gateway to stop in order.
    func stop() async { await group.triggerGracefulShutdown() }

    func stopAuth() async { await auth.drain(deadline: .now) }

    private static func processSettings(in folder: URL) throws -> ProcessSettings {
        let keys = KeysDirectory(path: folder.path)
        _ = try keys.makeMissing(passwords: [])
        let certificate = try DevelopmentCertificate.make(names: ["localhost", "127.0.0.1"], validDays: 1)
        try Data(certificate.certificatePEM).write(to: URL(fileURLWithPath: keys.certificatePath))
        try Data(certificate.keyPEM.exposedValue).write(to: URL(fileURLWithPath: keys.certificateKeyPath))
        return ProcessSettings(
            Settings.of([
                "CAUSEWAY_PROFILE": "development", "CAUSEWAY_KEYS_DIRECTORY": folder.path,
                "CAUSEWAY_LOG_LEVEL": "critical",
            ]))
    }

    var certificatePath: String { folder.appending(path: KeysDirectory.certificateFile).path }
    var origin: String { "https://127.0.0.1:\(ports.https)" }

    /// An answer as curl shows it.
    struct Reply: Sendable {
        let status: Int
        let fields: [(name: String, value: String)]
        let body: String
        /// curl's own, 0 where it had nothing to complain about.
        let exit: Int32

        subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
        var json: JSONValueView { JSONValueView(text: body) }
    }

    func curl(_ arguments: [String], seconds: Int = 60) async throws -> Reply {
        let outcome = try await ChildProcess.run(
            ["curl", "-sS", "-i", "--noproxy", "*", "--cacert", certificatePath] + arguments, seconds: seconds)
        var rest = Substring(outcome.text)
        var status = 0
        var fields: [(name: String, value: String)] = []
        // Interim answers stand before the answer.
        while rest.hasPrefix("HTTP/"), status < 200, let end = rest.range(of: "\r\n\r\n") {
            let lines = rest[..<end.lowerBound].components(separatedBy: "\r\n")
            status = Int(lines[0].split(separator: " ")[1]) ?? 0
            fields = lines.dropFirst().map { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                let value = parts.dropFirst().first ?? ""
                return (parts[0].lowercased(), value.trimmingCharacters(in: .whitespaces))
            }
            rest = rest[end.upperBound...]
        }
        return Reply(status: status, fields: fields, body: String(rest), exit: outcome.status)
    }

    func get(_ path: String, _ arguments: [String] = []) async throws -> Reply {
        try await curl(arguments + ["--path-as-is", origin + path])
    }

    /// A client that prints a body's lines as they come.
    func streaming(_ path: String, _ version: String) throws -> ChildProcess {
        try ChildProcess(["curl", "-sSN", "--noproxy", "*", "--cacert", certificatePath, version, origin + path])
    }

    /// A token as auth would make it.
    func token(
        roles: [String] = ["author"], session: SessionID = .make(), account: AccountID = .make(), age: Duration = .zero,
        key: P256PrivateKey? = nil, change: (inout AccessTokenClaims) -> Void = { _ in }
    ) -> String {
        let issued = Timestamp(seconds: (Timestamp.now - age).seconds)
        var claims = AccessTokenClaims(
            issuer: Self.publicURL, subject: account.uuid, audience: "causeway", issuedAt: issued,
            expiresAt: issued + .seconds(900), clientID: "causeway", scopes: Role.permissions(of: roles),
            sessionID: session.uuid, authenticatedAt: issued, methods: ["pwd"], roles: roles, epoch: 1)
        change(&claims)
        return JWS.sign(claims.encoded, type: AccessTokenClaims.tokenType, key: key ?? self.key)
    }

    /// The codes of answers to several requests that are sent after each other on one connection, and how many
    /// connections it took.
    func onOneConnection(
        _ version: String, _ requests: [(path: String, arguments: [String])]
    ) async throws -> (statuses: [Int], connections: Int) {
        var arguments = ["curl"]
        for (path, more) in requests {
            if arguments.count > 1 { arguments.append("--next") }
            arguments += [
                "-sS", "-o", "/dev/null", "-w", "%{http_code} %{num_connects}\n", "--noproxy", "*", "--cacert",
                certificatePath, version, origin + path,
            ]
            arguments += more
        }
        let lines = try await ChildProcess.run(arguments, seconds: 60).text.split(separator: "\n")
        let numbers = lines.map { $0.split(separator: " ").compactMap { Int($0) } }
        return (numbers.map { $0.first ?? 0 }, numbers.reduce(0) { $0 + ($1.last ?? 0) })
    }

    /// What the service was told about the caller of its last call, if it would believe it.
    func lastContext() throws -> CallerContext? { try contexts().last ?? nil }

    /// The same of all its calls.
    func contexts() throws -> [CallerContext?] {
        let keys = KeysDirectory(path: folder.path)
        let key = try keys.keys(.context(from: .gateway, to: .content))[0].bytes
        let verifier = CallerContextVerifier(audience: .content, keys: [.gateway: [key]])
        return service.calls.map { call in
            call.fields.firstIndex("causeway-caller").flatMap {
                verifier.verify(call.fields.valueBytes(at: $0), now: .now)
            }
        }
    }
}

/// A JSON text that tests look into.
struct JSONValueView: Sendable {
    let text: String

    subscript(name: String) -> String? {
        let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return object?[name].map { "\($0)" }
    }
}
