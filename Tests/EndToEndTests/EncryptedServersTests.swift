import Foundation
import TestKit
import Testing

/// The whole suite in the production profile, on a PostgreSQL and a Redis that it speaks TLS with.
@Suite("Production, with TLS everywhere")
struct EncryptedServersTests {
    @Test("It starts without a warning, works, and speaks to its servers in no other way")
    func works() async throws {
        let authority = try await TestAuthority.make()
        let (suite, redisPort) = try await Self.suite(authority)
        let files = try await authority.issue(["DNS:suite.test"])
        try await suite.require(["keys", "--directory", suite.keysFolder])
        for (source, target) in [
            (files.certificate, suite.certificate), (files.key, suite.keysFolder + "/gateway-key.pem"),
        ] {
            try FileManager.default.removeItem(atPath: target)
            try FileManager.default.copyItem(atPath: source, toPath: target)
        }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: suite.keysFolder + "/gateway-key.pem")
        try await suite.migrate()
        try await suite.startMailCatcher()
        let parts: [SuiteUnderTest.Part] = [.auth, .user, .content, .gateway]
        for part in parts { try await suite.start(part, untilReady: false) }
        for part in parts { try await suite.waitUntilReady(part) }

        let client = Curl(
            base: "https://suite.test:\(suite.ports.https)", certificate: authority.root,
            options: ["--resolve", "suite.test:\(suite.ports.https):127.0.0.1"])
        #expect(try await client.get("/v1/articles?limit=1").status == 200)
        let registered = try await client.patient.send(
            "POST", "/v1/auth/register",
            json: #"{"email":"\#(SuiteUnderTest.newEmail())","password":"\#(SuiteUnderTest.password)"}"#)
        #expect(registered.status == 202, "\(registered)")

        let plain = try await suite.psql(
            "SELECT count(*) FILTER (WHERE ssl), count(*) FILTER (WHERE NOT ssl) FROM pg_stat_ssl JOIN "
                + "pg_stat_activity USING (pid) WHERE usename LIKE '%\\_app'")
        let counts = plain.text.trimmingCharacters(in: .whitespacesAndNewlines).split(separator: "|")
        #expect(counts.first.flatMap { Int($0) } ?? 0 >= 6 && counts.last == "0", "\(plain.text)")
        let clients = try await ChildProcess.run(["redis-cli", "-p", String(suite.redis.port), "CLIENT", "LIST"]).text
        let local = clients.split(separator: "\n").filter { $0.contains("laddr=127.0.0.1:\(redisPort) ") }
        // One a part for revocations at least, and nobody but the one who asks comes in the clear.
        #expect(local.count >= 4, "\(clients)")
        #expect(
            clients.split(separator: "\n").filter { $0.contains("laddr=127.0.0.1:\(suite.redis.port) ") }.count == 1)
        try await expectClosed(suite)
        for part in parts {
            let warnings = suite.log(part).filter { $0.contains(#""level":"warning""#) }
            #expect(warnings.isEmpty, "\(part): \(warnings)")
        }
        suite.expectUnharmed()
        await suite.stop()
    }

    /// A service takes neither cleartext nor a client without a certificate of the suite's own authority.
    private func expectClosed(_ suite: SuiteUnderTest) async throws {
        let address = "127.0.0.1:\(suite.ports.service(.content))"
        for options in [["--http2-prior-knowledge", "http://\(address)/readyz"], ["-k", "https://\(address)/readyz"]] {
            let outcome = try await ChildProcess.run(["curl", "-sS", "-i", "--noproxy", "*"] + options)
            #expect(outcome.status != 0 && !outcome.text.contains("HTTP/2 200"), "\(outcome.text)")
        }
        let files = try #require(suite.options.settings["CAUSEWAY_INTERNAL_TLS_CERTIFICATE"])
        let key = try #require(suite.options.settings["CAUSEWAY_INTERNAL_TLS_KEY"])
        let outcome = try await ChildProcess.run([
            "curl", "-sS", "-i", "-k", "--noproxy", "*", "--cert", files, "--key", key, "https://\(address)/readyz",
        ])
        #expect(outcome.text.hasPrefix("HTTP/2 200"), "\(outcome.text)\(outcome.errorText)")
    }

    private static func suite(_ authority: TestAuthority) async throws -> (SuiteUnderTest, redisPort: Int) {
        let files = try await authority.issue(["IP:127.0.0.1"])
        let redisPort = try FreePorts.take(1)[0]
        var options = SuiteUnderTest.Options(.fourProcesses)
        options.limitMultiplier = 10
        options.redis = [
            "--tls-port", String(redisPort), "--tls-cert-file", files.certificate, "--tls-key-file", files.key,
            "--tls-ca-cert-file", authority.root, "--tls-auth-clients", "no",
        ]
        let postgres = try await TestPostgresServer.make(
            settings: [
                "listen_addresses=127.0.0.1", "ssl=on", "ssl_cert_file=../tls.pem", "ssl_key_file=../tls.key",
            ],
            prepare: { folder in
                try FileManager.default.copyItem(atPath: files.certificate, toPath: folder + "/tls.pem")
                try FileManager.default.copyItem(atPath: files.key, toPath: folder + "/tls.key")
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder + "/tls.key")
            })
        options.postgres = postgres
        options.settings = [
            "CAUSEWAY_PROFILE": "production", "CAUSEWAY_AUTH_MAIL_SENDER": "post@suite.test",
            "CAUSEWAY_POSTGRES_HOST": "127.0.0.1", "CAUSEWAY_POSTGRES_TLS": "verify-full",
            "CAUSEWAY_POSTGRES_TLS_ROOT_CERTIFICATE": authority.root, "CAUSEWAY_REDIS_PORT": String(redisPort),
            "CAUSEWAY_REDIS_TLS": "verify-full", "CAUSEWAY_REDIS_TLS_ROOT_CERTIFICATE": authority.root,
        ]
        options.settings["CAUSEWAY_PUBLIC_URL"] = "https://suite.test"
        let own = try await authority.issue(["auth", "user", "content", "gateway"].map { "DNS:\($0)" })
        options.settings["CAUSEWAY_INTERNAL_TLS_CERTIFICATE"] = own.certificate
        options.settings["CAUSEWAY_INTERNAL_TLS_KEY"] = own.key
        options.settings["CAUSEWAY_INTERNAL_TLS_AUTHORITIES"] = authority.root
        return (try await SuiteUnderTest(options), redisPort)
    }
}
