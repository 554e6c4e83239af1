import Foundation
import TestKit
import Testing

extension FaultTests {
    @Suite("The certificate is renewed")
    struct Certificate {
        @Test("SIGHUP shows the new one to new connections, keeps the old ones open, and survives a broken file")
        func renewed() async throws {
            let suite = try await FaultTests.suite()
            let open = try OpenConnection(suite)
            #expect(await open.ask() == "HTTP/1.1 200 OK")
            let before = try await fingerprint(suite)
            let files = [suite.certificate, suite.keysFolder + "/gateway-key.pem"]
            for file in files { try FileManager.default.removeItem(atPath: file) }
            try await suite.require(["keys", "--directory", suite.keysFolder])
            suite.process(.gateway)?.send(signal: SIGHUP)
            try await eventually(patience: .seconds(10)) { try await fingerprint(suite) != before }
            let after = try await fingerprint(suite)
            #expect(after == (try await shell("openssl x509 -noout -fingerprint -sha256 -in '\(suite.certificate)'")))
            #expect(await open.ask() == "HTTP/1.1 200 OK", "the connection of before goes on")

            let key = try String(contentsOfFile: files[1], encoding: .utf8)
            try "no key".write(toFile: files[1], atomically: true, encoding: .utf8)
            suite.process(.gateway)?.send(signal: SIGHUP)
            try await eventually(patience: .seconds(10)) {
                suite.log(.gateway).contains { $0.contains("reload failed") }
            }
            #expect(try await fingerprint(suite) == after)
            try key.write(toFile: files[1], atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: files[1])
            #expect(try await suite.gateway.get("/livez").status == 200)
            #expect(await open.ask() == "HTTP/1.1 200 OK")
            open.end()
        }

        @Test("A service has nothing to read again, and outlives the signal")
        func services() async throws {
            let suite = try await FaultTests.suite()
            for part in [SuiteUnderTest.Part.auth, .user, .content] {
                suite.process(part)?.send(signal: SIGHUP)
                try await eventually(patience: .seconds(10)) {
                    suite.log(part).contains { $0.contains("nothing is read again") }
                }
            }
            suite.expectUnharmed()
        }

        private func fingerprint(_ suite: SuiteUnderTest) async throws -> String {
            try await shell(
                """
                openssl s_client -connect 127.0.0.1:\(suite.ports.https) -servername localhost </dev/null 2>/dev/null \
                | openssl x509 -noout -fingerprint -sha256
                """)
        }

        private func shell(_ command: String) async throws -> String {
            let outcome = try await ChildProcess.run(["sh", "-c", command])
            guard outcome.status == 0 else { throw SuiteUnderTest.Fault(description: outcome.errorText) }
            return outcome.text
        }
    }

    /// A connection of openssl's client that stays open.
    private struct OpenConnection {
        private let client: ChildProcess

        init(_ suite: SuiteUnderTest) throws {
            client = try ChildProcess([
                "openssl", "s_client", "-connect", "127.0.0.1:\(suite.ports.https)", "-servername", "localhost",
                "-quiet", "-CAfile", suite.certificate,
            ])
        }

        /// Sends a request and gives the answer's first line.
        func ask() async -> String {
            client.write("HEAD /livez HTTP/1.1\r\nhost: localhost\r\n\r\n")
            while let line = await client.nextLine() {
                if line.hasPrefix("HTTP/") { return line.trimmingCharacters(in: .whitespacesAndNewlines) }
            }
            return "closed"
        }

        func end() {
            client.send(signal: SIGTERM)
        }
    }
}
