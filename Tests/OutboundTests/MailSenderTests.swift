import Foundation
import Outbound
import Primitives
import Testing

@Suite struct MailSenderTests {
    private func message(to: String = "ada", text: String = "Hello\n.\n..\nGrüße") throws -> MailMessage {
        try MailMessage(
            from: MailAddress("no-reply@causeway.test", name: "Causeway"), to: MailAddress("\(to)@example.test"),
            subject: "Grüße", text: text, html: "<p>Hello</p>")
    }

    private func sender(
        _ catcher: MailCatcher, _ security: MailServer.Security = .none, user: String? = nil, password: String? = nil,
        trusts: Bool = true, totalTimeout: Duration = .seconds(15)
    ) throws -> MailSender {
        MailSender(
            server: try MailServer(
                host: "127.0.0.1", port: catcher.port, security: security, user: user,
                password: password.map { Secret($0) },
                trustPEM: trusts && security != .none ? catcher.certificate : nil,
                clientName: "app.causeway.test", totalTimeout: totalTimeout))
    }

    private func failure(_ sender: MailSender, _ message: MailMessage) async -> MailFailure? {
        do {
            try await sender.send(message)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a mail arrives as it was rendered`() async throws {
        let catcher = try await MailCatcher()
        let message = try message()
        try await sender(catcher).send(message)
        let caught = try await catcher.next()
        #expect(caught.from == "no-reply@causeway.test")
        #expect(caught.to == ["ada@example.test"])
        #expect(caught.hello == "app.causeway.test")
        #expect(Array(caught.data.utf8) == message.render())
        #expect(!caught.isEncrypted)
    }

    @Test func `a large mail arrives whole`() async throws {
        let catcher = try await MailCatcher()
        let message = try message(text: String(repeating: "0123456789 é\n.\n", count: 20_000))
        try await sender(catcher).send(message)
        #expect(Array(try await catcher.next().data.utf8) == message.render())
    }

    @Test func `many at once all arrive`() async throws {
        let catcher = try await MailCatcher()
        let sender = try sender(catcher)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                let message = try message(to: "person-\(number)")
                group.addTask { try await sender.send(message) }
            }
            try await group.waitForAll()
        }
        var recipients: Set<String> = []
        for _ in 0..<20 { recipients.formUnion(try await catcher.next().to) }
        #expect(recipients.count == 20)
    }

    @Test(arguments: [MailServer.Security.startTLS, .implicitTLS])
    func `TLS and a log-in`(security: MailServer.Security) async throws {
        let catcher = try await MailCatcher(security == .startTLS ? "starttls" : "tls", options: ["auth"])
        try await sender(catcher, security, user: "mailer", password: "right password").send(message())
        let caught = try await catcher.next()
        #expect(caught.isEncrypted)
        #expect(caught.user == "mailer")

        let wrong = await failure(try sender(catcher, security, user: "mailer", password: "wrong"), try message())
        #expect(wrong?.kind == .temporary, "it is the configuration that is wrong, not this mail")
        #expect(wrong?.smtpCode == 535)
    }

    @Test(arguments: [MailServer.Security.startTLS, .implicitTLS])
    func `a server that is not trusted gets no mail`(security: MailServer.Security) async throws {
        let catcher = try await MailCatcher(security == .startTLS ? "starttls" : "tls")
        let failure = await failure(try sender(catcher, security, trusts: false), try message())
        #expect(failure?.kind == .temporary)
        #expect(failure?.detail.contains("certificate") == true)
    }

    @Test func `a server without STARTTLS gets no mail where it is demanded`() async throws {
        let failure = await failure(try sender(try await MailCatcher(), .startTLS, trusts: false), try message())
        #expect(failure?.kind == .temporary)
    }

    @Test(arguments: [
        ("busy", MailFailure.Kind.temporary, 451), ("gone", .permanent, 550), ("spam", .permanent, 554),
        ("full", .temporary, 452),
    ])
    func `the server's reply tells whether to try again`(name: String, kind: MailFailure.Kind, code: Int) async throws {
        let catcher = try await MailCatcher()
        let failure = await failure(try sender(catcher), try message(to: name))
        #expect(failure?.kind == kind)
        #expect(failure?.smtpCode == code)
        #expect(failure?.description.contains("example.test") == false)
    }

    @Test func `a server that serves nobody is for later`() async throws {
        let failure = await failure(try sender(try await MailCatcher("refuse")), try message())
        #expect(failure?.kind == .temporary)
    }

    @Test(arguments: ["plain", "silence"])
    func `a slow server is left after the time-out`(mode: String) async throws {
        let catcher = try await MailCatcher(mode)
        let clock = ContinuousClock()
        let start = clock.now
        let failure = await failure(try sender(catcher, totalTimeout: .milliseconds(500)), try message(to: "slow"))
        #expect(failure?.kind == .temporary)
        #expect(failure?.detail.lowercased().contains("timeout") == true)
        #expect(clock.now - start >= .milliseconds(450))
    }

    @Test func `no server is for later`() async throws {
        // Port 1 (tcpmux): nobody listens there.
        let server = try MailServer(host: "127.0.0.1", port: 1, security: .none)
        let failure = await failure(MailSender(server: server), try message())
        #expect(failure?.kind == .temporary)
        #expect(failure?.smtpCode == nil)
    }

    @Test func `more than may wait is refused at once, and the stop ends the rest`() async throws {
        let catcher = try await MailCatcher("silence")
        let server = try MailServer(
            host: "127.0.0.1", port: catcher.port, security: .none, totalTimeout: .seconds(5))
        let sender = MailSender(server: server, connectionsMax: 1, queueMax: 2)
        let message = try message()
        let failures = await withTaskGroup(of: MailFailure?.self) { group in
            for _ in 0..<8 { group.addTask { await self.failure(sender, message) } }
            return await group.reduce(into: [MailFailure?]()) { $0.append($1) }
        }
        #expect(failures.count { $0?.detail == "too many mails wait" } >= 4)
        #expect(failures.allSatisfy { $0?.kind == .temporary })
        sender.shutdown()
        #expect(await failure(sender, message)?.detail == "the sender has stopped")
    }

    @Test func `a server that makes no sense is refused`() {
        let password = Secret("p")
        let table: [(String, Int, MailServer.Security, String?, Secret<String>?, String)] = [
            ("", 25, .none, nil, nil, "a"), ("a/b", 25, .none, nil, nil, "a"), ("a@b", 25, .none, nil, nil, "a"),
            ("a", 0, .none, nil, nil, "a"), ("a", 65_536, .none, nil, nil, "a"), ("a", 25, .none, nil, nil, "a\r\nb"),
            ("a", 25, .startTLS, "user", nil, "a"), ("a", 25, .startTLS, nil, password, "a"),
            ("a", 25, .none, "user", password, "a"),
        ]
        for (host, port, security, user, password, name) in table {
            let failure = #expect(throws: MailFailure.self) {
                try MailServer(
                    host: host, port: port, security: security, user: user, password: password, clientName: name)
            }
            #expect(failure?.kind == .invalid)
        }
    }
}
