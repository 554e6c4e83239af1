import NIOPosix
import Primitives
import Redis
import Synchronization
import TLS
import TestKit

/// How the tests of commands reach Redis.
enum RedisWire: CaseIterable, Sendable {
    case plain
    case tls

    func configuration(_ change: (inout RedisConfiguration) -> Void = { _ in }) async throws -> RedisConfiguration {
        switch self {
        case .plain: return try .forTest(nil, change)
        case .tls: return try await RedisOverTLS.shared().configuration(change)
        }
    }

    func client() async throws -> RedisClient {
        RedisClient(configuration: try await configuration(), group: MultiThreadedEventLoopGroup.singleton)
    }
}

/// A Redis that speaks TLS, with a certificate of an authority of its own.
final class RedisOverTLS: Sendable {
    let authority: TestAuthority
    let server: TestRedisServer
    let port: Int

    private static let started = Mutex<Task<RedisOverTLS, any Error>?>(nil)

    /// The server of all tests that want nothing special of it.
    static func shared() async throws -> RedisOverTLS {
        let start = started.withLock { started in
            let start = started ?? Task { try await RedisOverTLS(names: ["IP:127.0.0.1"]) }
            started = start
            return start
        }
        return try await start.value
    }

    init(names: [String], asksClients: Bool = false) async throws {
        authority = try await TestAuthority.make()
        let files = try await authority.issue(names)
        port = try FreePorts.take(1)[0]
        server = try TestRedisServer(extra: [
            "--tls-port", String(port), "--tls-cert-file", files.certificate, "--tls-key-file", files.key,
            "--tls-ca-cert-file", authority.root, "--tls-auth-clients", asksClients ? "yes" : "no",
        ])
    }

    /// - Parameters:
    ///   - trust: nil is the server's own authority.
    ///   - own: what is shown to a server that asks.
    func configuration(
        trust: TestAuthority? = nil, checksServerName: Bool = true, own: TestAuthority.Files? = nil,
        _ change: (inout RedisConfiguration) -> Void = { _ in }
    ) throws -> RedisConfiguration {
        var configuration = try RedisConfiguration.forTest(server)
        configuration.address = .host("127.0.0.1", port: port)
        configuration.tls = try .client(
            trust: .pem(Array(try Self.text((trust ?? authority).root).utf8)), alpn: [],
            certificate: try own.map { files in
                try TLSCertificate(
                    chainPEM: Array(try Self.text(files.certificate).utf8),
                    keyPEM: Secret(Array(try Self.text(files.key).utf8)))
            }, checksServerName: checksServerName)
        change(&configuration)
        return configuration
    }

    static func text(_ path: String) throws -> String { try TestFile.text(path) }
}
