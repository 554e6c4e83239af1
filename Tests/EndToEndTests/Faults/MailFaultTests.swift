import Foundation
import JSON
import TestKit
import Testing

extension FaultTests {
    @Suite("Mail")
    struct Mail {
        @Test("Without a mail server registering goes on, and the mail comes once the server is back")
        func away() async throws {
            let suite = try await FaultTests.suite()
            await suite.stopMailCatcher()
            let email = SuiteUnderTest.newEmail("mail")
            let (_, took) = try await timed { try await suite.register(email) }
            #expect(took < .seconds(8), "\(took)")
            try await eventually(patience: .seconds(60)) {
                suite.log(.auth).contains { $0.contains("a mail was not sent and will be tried again") }
            }
            #expect(try await suite.ops(.auth).get("/readyz").status == 200)
            try await suite.startMailCatcher()
            let token = try await suite.verificationToken(for: email)
            let verified = try await suite.gateway.send(
                "POST", "/v1/auth/email/verify", json: #"{"token":"\#(token)"}"#)
            #expect(verified.status == 204, "\(verified)")
            _ = try await suite.signIn(email)
            // Once, however often it was tried.
            #expect(try await suite.mails(to: email).count == 1)
            suite.expectUnharmed()
        }

        @Test("A mail that the server refuses for good is given up, told and kept, and holds no other up")
        func refused() async throws {
            let suite = try await FaultTests.suite()
            await suite.stopMailCatcher()
            let server = try ChildProcess(["/usr/bin/python3", "-u", "-c", Self.refusing, String(suite.ports.smtp)])
            #expect(await server.nextLine() == "ready")
            let email = SuiteUnderTest.newEmail("refused")
            try await suite.register(email)
            try await eventually(patience: .seconds(60)) {
                try await dead(suite) == 1 && suite.log(.auth).contains { $0.contains("a mail was given up") }
            }
            #expect(!suite.log(.auth).contains { $0.contains(email) }, "an address in the log")
            await server.stop()
            try await suite.startMailCatcher()
            let next = try await suite.newPerson("mail")
            #expect(try await suite.mails(to: next.email).count == 1)
            #expect(try await suite.mails(to: email).isEmpty)
            #expect(try await dead(suite) == 1)
            suite.expectUnharmed()
        }

        @Test("A mail server that takes the connection and says nothing holds nobody up")
        func silent() async throws {
            let suite = try await FaultTests.suite()
            await suite.stopMailCatcher()
            let server = try ChildProcess(["/usr/bin/python3", "-u", "-c", Self.silent, String(suite.ports.smtp)])
            #expect(await server.nextLine() == "ready")
            for _ in 0..<6 {
                let (_, took) = try await timed { try await suite.register(SuiteUnderTest.newEmail("silent")) }
                #expect(took < .seconds(8), "\(took)")
            }
            #expect(await server.nextLine() == "taken")
            let (reply, took) = try await timed { try await suite.gateway.get("/v1/articles?limit=1") }
            #expect(reply.status == 200 && took < .seconds(8))
            // The server's end fails what hangs, so that the next start sends it.
            await server.stop(signal: SIGKILL)
            try await suite.startMailCatcher()
            _ = try await suite.newPerson("mail")
            suite.expectUnharmed()
        }

        private func dead(_ suite: SuiteUnderTest) async throws -> Int? {
            let count = try await suite.psql("SELECT count(*) FROM auth.jobs WHERE status = 'dead'")
            return Int(count.text.trimmingCharacters(in: .whitespacesAndNewlines))
        }

        private static let refusing = """
            import sys, threading
            from aiosmtpd.controller import Controller
            class Refusing:
                async def handle_RCPT(self, server, session, envelope, address, options):
                    return '550 5.1.1 no such mailbox'
            Controller(Refusing(), hostname='127.0.0.1', port=int(sys.argv[1])).start()
            print('ready')
            threading.Event().wait()
            """

        private static let silent = """
            import socket, sys
            server = socket.create_server(('127.0.0.1', int(sys.argv[1])))
            print('ready')
            held = []
            while True:
                held.append(server.accept())
                print('taken')
            """
    }
}
