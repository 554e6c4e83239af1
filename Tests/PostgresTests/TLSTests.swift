import Foundation
import Postgres
import Primitives
import Synchronization
import TestKit
import Testing

/// Connections to a PostgreSQL that speaks TLS with a certificate of an authority of the test's own.
@Suite("TLS to PostgreSQL")
struct TLSTests {
    private static let encryption = Statement<String>(
        "test.encryption", "SELECT coalesce(version, 'none') FROM pg_stat_ssl WHERE pid = pg_backend_pid()")

    @Test("verify-full and verify-ca know their server, and require takes any")
    func trusted() async throws {
        let authority = try await TestAuthority.make()
        let server = try await Self.server(authority, names: ["IP:127.0.0.1"])
        let files = PostgresConfiguration.TLSFiles(authorities: authority.root)
        for mode in [PostgresConfiguration.TLSMode.verifyFull, .verifyCA, .require] {
            let (version, reason) = await connect(server, mode, mode == .require ? .init() : files)
            #expect(version == "TLSv1.3", "\(mode): \(reason)")
        }
        await server.stop()
    }

    @Test("A server of another authority is refused, and the reason says so")
    func wrongAuthority() async throws {
        let authority = try await TestAuthority.make()
        let server = try await Self.server(authority, names: ["IP:127.0.0.1"])
        let stranger = try await TestAuthority.make()
        for mode in [PostgresConfiguration.TLSMode.verifyFull, .verifyCA] {
            let (version, reason) = await connect(server, mode, .init(authorities: stranger.root))
            #expect(version == nil)
            #expect(reason.contains("certificate verify failed"), "\(reason)")
        }
        await server.stop()
    }

    @Test("A server of another name is refused by verify-full alone")
    func wrongName() async throws {
        let authority = try await TestAuthority.make()
        let server = try await Self.server(authority, names: ["DNS:other.test"])
        let files = PostgresConfiguration.TLSFiles(authorities: authority.root)
        let (version, reason) = await connect(server, .verifyFull, files)
        #expect(version == nil)
        #expect(reason.contains("other.test") && reason.contains("127.0.0.1"), "\(reason)")
        let lenient = await connect(server, .verifyCA, files)
        #expect(lenient.version == "TLSv1.3", "\(lenient.reason)")
        await server.stop()
    }

    @Test("A server without TLS is refused by require, and taken by prefer")
    func plainServer() async throws {
        let server = try await TestPostgresServer.make(settings: ["listen_addresses=127.0.0.1"])
        let (version, reason) = await connect(server, .require)
        #expect(version == nil)
        #expect(reason.contains("does not support SSL"), "\(reason)")
        let lenient = await connect(server, .prefer)
        #expect(lenient.version == "none", "\(lenient.reason)")
        await server.stop()
    }

    @Test("A server that asks for a certificate gets ours")
    func clientCertificate() async throws {
        let authority = try await TestAuthority.make()
        let server = try await Self.server(
            authority, names: ["IP:127.0.0.1"], access: "local all all trust\nhostssl all all 127.0.0.1/32 cert\n")
        let own = try await authority.issue(["DNS:client.test"], commonName: "postgres")
        let files = PostgresConfiguration.TLSFiles(
            authorities: authority.root, certificate: own.certificate, key: own.key)
        let (version, reason) = await connect(server, .verifyFull, files)
        #expect(version == "TLSv1.3", "\(reason)")
        let without = await connect(server, .verifyFull, .init(authorities: authority.root))
        #expect(without.version == nil)
        #expect(without.reason.contains("certificate"), "\(without.reason)")
        await server.stop()
    }

    /// - Parameter access: its `pg_hba.conf`; nil lets everyone in.
    static func server(
        _ authority: TestAuthority, names: [String], access: String? = nil
    ) async throws -> TestPostgresServer {
        let files = try await authority.issue(names)
        // Paths of certificates are relative to the data folder, that of the rules to the working folder.
        let settings =
            [
                "listen_addresses=127.0.0.1", "ssl=on", "ssl_cert_file=../tls.pem", "ssl_key_file=../tls.key",
                "ssl_ca_file=../root.pem",
            ] + (access == nil ? [] : ["hba_file=hba.conf"])
        return try await TestPostgresServer.make(
            settings: settings,
            prepare: { folder in
                for (source, name) in [
                    (files.certificate, "tls.pem"), (files.key, "tls.key"), (authority.root, "root.pem"),
                ] {
                    try FileManager.default.copyItem(atPath: source, toPath: "\(folder)/\(name)")
                }
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/tls.key")
                try access?.write(toFile: "\(folder)/hba.conf", atomically: true, encoding: .utf8)
            })
    }

    /// What the server says of a connection's encryption, and why there was none.
    private func connect(
        _ server: TestPostgresServer, _ mode: PostgresConfiguration.TLSMode,
        _ files: PostgresConfiguration.TLSFiles = .init()
    ) async -> (version: String?, reason: String) {
        var configuration = PostgresConfiguration(
            host: "127.0.0.1", port: UInt16(server.port), database: "postgres", user: "postgres")
        configuration.tlsMode = mode
        configuration.tlsFiles = files
        configuration.sharedConnections = 1
        configuration.unavailableWait = .seconds(10)
        let reason = Mutex("")
        let database = Database(configuration) { observation in
            if case .connectFailed(_, let detail) = observation { reason.withLock { $0 = detail } }
        }
        let version = try? await database.first(Self.encryption)
        await database.close(grace: .zero)
        return (version ?? nil, reason.withLock { $0 })
    }
}
