import Foundation
import TestKit
import Testing

extension FaultTests {
    /// A gateway is started while one runs.
    @Suite("Succession")
    struct Succession {
        @Test(
            "Gateways that follow each other under load, with other settings and another certificate, lose no request")
        func underLoad() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("succession")
            _ = try await suite.newArticle(of: person)
            let load = try SteadyLoad(suite, person)
            try await load.more(20)
            // What cannot be changed while a gateway runs is changed by the next one.
            let contact = "mailto:succession@example.test"
            #expect(
                try await suite.succeedGateway(
                    ["CAUSEWAY_GATEWAY_SECURITY_CONTACT": contact, "CAUSEWAY_LOOPS": "3"]) == 0)
            #expect(try await suite.gateway.get("/.well-known/security.txt").text.contains(contact))
            try await load.more(20)
            try await renewCertificate(suite)
            try await load.more(20)
            #expect(try await suite.succeedGateway(["CAUSEWAY_LOOPS": "1"]) == 0)
            try await load.more(20)
            let answers = try await load.end()
            #expect(SteadyLoad.failures(answers) == [], "\(answers)")
            _ = try await suite.succeedGateway()
            suite.expectUnharmed()
        }

        @Test(
            "A client that comes back to the next gateway needs no whole handshake", arguments: ["TLSv1_2", "TLSv1_3"])
        func resumption(version: String) async throws {
            let suite = try await FaultTests.suite()
            let client = try ChildProcess([
                ChildProcess.python, "-u", "-c", Self.client, String(suite.ports.https), suite.certificate, version,
            ])
            #expect(await client.nextLine() == "False")
            #expect(try await suite.succeedGateway() == 0)
            client.write("again\n")
            #expect(await client.nextLine() == "True")
            await client.wait()
        }

        /// Says whether its session was resumed: at its first connection, and at one more after a line.
        private static let client = """
            import socket, ssl, sys
            context = ssl.create_default_context(cafile=sys.argv[2])
            context.minimum_version = context.maximum_version = ssl.TLSVersion[sys.argv[3]]
            session = None
            for number in range(2):
                plain = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 30)
                with context.wrap_socket(plain, server_hostname='localhost', session=session) as s:
                    s.sendall(b'GET /livez HTTP/1.1\\r\\nhost: localhost\\r\\nconnection: close\\r\\n\\r\\n')
                    while s.recv(4096):
                        pass
                    print(s.session_reused)
                    session = s.session
                if number == 0:
                    sys.stdin.readline()
            """

        @Test("A gateway that cannot serve, or dies before it does, leaves the one that runs as it is")
        func inVain() async throws {
            let suite = try await FaultTests.suite()
            let running = try #require(suite.process(.gateway))
            func failures() -> Int { suite.log(.gateway).count { $0.contains("hand-over failed") } }
            let before = failures()
            // An address that is not this machine's.
            let unbound = try suite.startSuccessor(["CAUSEWAY_GATEWAY_BIND": "192.0.2.1"])
            #expect(await unbound.wait() == 1)
            try await eventually { failures() == before + 1 }
            for (number, signal) in [SIGTERM, SIGKILL].enumerated() {
                let taking = suite.log(.gateway).count { $0.contains("taking over") }
                // Without auth's keys it is never ready.
                let unready = try suite.startSuccessor(["CAUSEWAY_AUTH_ADDRESS": "127.0.0.1:9"])
                try await eventually { suite.log(.gateway).count { $0.contains("taking over") } > taking }
                #expect(try await suite.gateway.get("/v1/articles?limit=1").status == 200)
                #expect(await unready.stop(signal: signal) != 0)
                try await eventually { failures() == before + 2 + number }
            }
            #expect(!running.hasEnded)
            #expect(try await suite.ops(.gateway).get("/readyz").status == 200)
            // And then one that does.
            #expect(try await suite.succeedGateway() == 0)
            #expect(running.hasEnded)
            // What a gateway that was killed has left in the folder is in nobody's way.
            try await suite.restart(.gateway, signal: SIGKILL)
            #expect(try await suite.succeedGateway() == 0)
            suite.expectUnharmed()
        }

        @Test("A folder that others may enter, and one process of all services, are refused with the fix")
        func refused() async throws {
            let suite = try await FaultTests.suite()
            let folder = suite.folder + "/open"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
            let open = try await suite.causeway(
                ["serve", "gateway"], settings: ["CAUSEWAY_GATEWAY_HANDOVER_DIRECTORY": folder])
            #expect(open.status == 1 && open.errorText.contains("chmod 700 \(folder)"), "\(open.errorText)")
            let all = try await suite.causeway(["serve", "all"])
            #expect(
                all.status == 1 && all.errorText.contains("CAUSEWAY_GATEWAY_HANDOVER_DIRECTORY is for a gateway"),
                "\(all.errorText)")
        }

        private func renewCertificate(_ suite: SuiteUnderTest) async throws {
            for file in [suite.certificate, suite.keysFolder + "/gateway-key.pem"] {
                try FileManager.default.removeItem(atPath: file)
            }
            try await suite.require(["keys", "--directory", suite.keysFolder])
            let read = suite.log(.gateway).count { $0.contains("certificates were read again") }
            suite.process(.gateway)?.send(signal: SIGHUP)
            try await eventually(patience: .seconds(10)) {
                suite.log(.gateway).count { $0.contains("certificates were read again") } > read
            }
        }
    }
}
