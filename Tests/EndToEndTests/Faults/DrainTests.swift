import Foundation
import JSON
import TestKit
import Testing

extension FaultTests {
    @Suite("SIGTERM")
    struct Drain {
        @Test(
            "What is in flight is finished, new connections are refused, and the exit is 0 in time",
            arguments: [SuiteUnderTest.Part.gateway, .content])
        func drain(part: SuiteUnderTest.Part) async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("drain")
            let article = try await suite.newArticle(of: person)
            let lock = try await RowLock.article(article.id, in: suite)
            async let slow = suite.patch(article, of: person, body: "drained")
            try await RowLock.isWaitedFor(in: suite)

            let process = try #require(suite.process(part))
            let start = ContinuousClock.now
            process.send(signal: SIGTERM)
            let port = part == .gateway ? suite.ports.https : suite.ports.service(part)
            try await eventually(patience: .seconds(20)) { try await Self.refuses(port) }
            #expect(!process.hasEnded, "a request is in flight")
            // A second signal, as of an impatient supervisor, changes nothing.
            process.send(signal: SIGTERM)
            await lock.release()
            let reply = try await slow
            #expect(reply.status == 200, "\(reply)")
            #expect(await suite.stop(part) == 0)
            #expect(ContinuousClock.now - start < .seconds(20))

            try await suite.start(part)
            let draft = try await suite.until("\(part) is back", within: .seconds(20)) {
                try await suite.gateway.get("/v1/articles/\(article.id)/draft", headers: [person.authorization])
            } is: {
                $0.status == 200
            }
            #expect(draft["body"]?.string == "drained")
            suite.expectUnharmed()
        }

        @Test("A request that does not end is cut off when the drain time is over, and the exit is 0 all the same")
        func impatient() async throws {
            let suite = try await FaultTests.suite()
            // A body that never comes whole.
            let client = try ChildProcess([
                ChildProcess.python, "-u", "-c", Self.slowUpload, String(suite.ports.https), suite.certificate,
            ])
            #expect(await client.nextLine() == "sent")
            let start = ContinuousClock.now
            #expect(await suite.stop(.gateway) == 0)
            #expect(ContinuousClock.now - start < .seconds(20))
            await client.wait()
            try await suite.start(.gateway)
            suite.expectUnharmed()
        }

        @Test("With a delay the gateway says first that it is not ready, serves on meanwhile, and then drains")
        func delayed() async throws {
            let suite = try await FaultTests.suite()
            _ = try await suite.succeedGateway(["CAUSEWAY_DRAIN_DELAY_SECONDS": "8"])
            let process = try #require(suite.process(.gateway))
            let start = ContinuousClock.now
            process.send(signal: SIGTERM)
            try await eventually(patience: .seconds(7)) { await !suite.isReady(.gateway) }
            #expect(try await suite.gateway.get("/v1/articles?limit=1").status == 200)
            #expect(await suite.stop(.gateway) == 0)
            #expect(ContinuousClock.now - start >= .seconds(8))
            try await suite.start(.gateway)
        }

        @Test(
            "An idle process of any kind ends at once",
            arguments: [SuiteUnderTest.Part.auth, .user, .content, .gateway])
        func idle(part: SuiteUnderTest.Part) async throws {
            let suite = try await FaultTests.suite()
            let (status, took) = try await timed { await suite.stop(part) }
            #expect(status == 0, "\(suite.errors(part))")
            // Less than the time that a drain may take, which it would be if it waited for anything.
            #expect(took < .seconds(7), "\(took)")
            try await suite.start(part)
            try await suite.until("\(part) is back", within: .seconds(20)) {
                try await suite.gateway.get("/v1/articles?limit=1")
            } is: {
                $0.status == 200
            }
        }

        private static func refuses(_ port: Int) async throws -> Bool {
            let script = "import socket,sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2).close()"
            return try await ChildProcess.run([ChildProcess.python, "-c", script, String(port)]).status != 0
        }

        private static let slowUpload = """
            import socket, ssl, sys
            context = ssl.create_default_context(cafile=sys.argv[2])
            raw = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
            tls = context.wrap_socket(raw, server_hostname='localhost')
            tls.sendall(b'POST /v1/auth/login HTTP/1.1\\r\\nhost: localhost\\r\\n'
                        b'content-type: application/json\\r\\ncontent-length: 100\\r\\n\\r\\n{"email":')
            print('sent')
            try:
                while tls.recv(4096):
                    pass
            except OSError:
                pass
            """
    }
}
