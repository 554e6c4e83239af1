import AuthService
import Contract
import Cryptography
import JSON
import Outbound
import Postgres
import Primitives
import Protocol
import TestKit
import Testing

@Suite struct RegistrationTests {
    private static let accounts = Statement<Int>("test.accounts", "SELECT count(*) FROM auth.accounts")
    private static let jobs = Statement<Int>("test.jobs", "SELECT count(*) FROM auth.jobs")
    private static let epochs = Statement<Int>(
        "test.passwords", "SELECT count(DISTINCT password) FROM auth.credentials")

    @Test func knownAndUnknownGetTheSameAnswerAndAMailEach() async throws {
        try await AuthHarness.run { auth in
            let first = try await auth.register("ida@example.com")
            let second = try await auth.register("IDA@example.com", "another ordinary sentence")
            #expect(first.status == 202 && second.status == 202)
            #expect(first.body == second.body)
            #expect(try await auth.count(Self.accounts) == 1)
            // The second mail is within the same minute: the address' share is used up.
            #expect(try await auth.count(Self.jobs) == 1)
        }
    }

    @Test func registeringWithAKnownAddressChangesNothingAndSaysSoByMail() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                _ = try await auth.newAccount("jon@example.com")
                // Another process has counted no mail yet.
                let other = AuthHarness(beside: auth, AuthHarness.Options())
                #expect(try await other.register("jon@example.com", "another ordinary sentence").status == 202)
                let message = try await auth.mail(to: "jon@example.com", count: 2)
                #expect(message.subject.hasPrefix("You already have an account"))
                #expect(!message.text.contains("token"))
                #expect(
                    try await auth.login("jon@example.com", "another ordinary sentence").code == "invalid-credentials")
                #expect(try await auth.login("jon@example.com").status == 200)
            }
        }
    }

    /// Someone registers an address that is not theirs, before or after its owner, and waits for the owner's click.
    @Test(arguments: [true, false]) func whoeverRegistersTooDoesNotChooseTheOwnersPassword(isFirst: Bool) async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let passwords = ["the sentence of a stranger", "the sentence of the owner"]
                _ = try await auth.register("lea@example.com", passwords[isFirst ? 0 : 1])
                _ = try await auth.mail(to: "lea@example.com", count: 1)
                auth.clock.advance(by: .seconds(1))
                let other = AuthHarness(beside: auth, AuthHarness.Options())
                _ = try await other.register("lea@example.com", passwords[isFirst ? 1 : 0])
                #expect(try await auth.verify("lea@example.com", mails: 2).code == "password-required")
                let wrong = try await auth.verify("lea@example.com", mails: 2, password: "the sentence of nobody")
                #expect(wrong.code == "invalid-credentials")
                #expect(try await auth.verify("lea@example.com", mails: 2, password: passwords[1]).status == 204)
                #expect(try await auth.login("lea@example.com", passwords[0]).code == "invalid-credentials")
                #expect(try await auth.login("lea@example.com", passwords[1]).status == 200)
                let left = try await auth.count(
                    Statement<Int>("test.registrations", "SELECT count(*) FROM auth.registrations"))
                #expect(left == 0)
            }
        }
    }

    /// Who opens the link of a registration by somebody else does not know its password.
    @Test func aLinkWithAWrongPasswordMakesNoAccount() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                _ = try await auth.register("mia@example.com", "the sentence of a stranger")
                let reply = try await auth.verify("mia@example.com", password: "the sentence of the owner")
                #expect(reply.code == "invalid-credentials")
                #expect(
                    try await auth.login("mia@example.com", "the sentence of a stranger").code == "email-unverified")
                let bogus = try await auth.call(
                    "verifyEmail", ["token": .string("nonsense"), "password": .string("the sentence of the owner")])
                #expect(bogus.code == "token-invalid")
            }
        }
    }

    @Test func registeringTwiceAtOnceMakesOneAccount() async throws {
        try await AuthHarness.run { auth in
            let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
                for number in 0..<8 {
                    group.addTask { try await auth.register("kim@example.com", "an ordinary sentence \(number)") }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(replies.allSatisfy { $0.status == 202 })
            #expect(try await auth.count(Self.accounts) == 1)
            #expect(try await auth.count(Self.epochs) == 1)
            _ = try await AuthService.verifyAudit(auth.database)
        }
    }

    @Test(arguments: [
        ("too short", ["length"]), ("passwordpassword", ["common"]), ("long.address@example.com", ["same-as-email"]),
    ])
    func weakPasswordsAreRefusedWithTheReason(_ password: String, _ reasons: [String]) async throws {
        try await AuthHarness.run { auth in
            let reply = try await auth.register("long.address@example.com", password)
            #expect(reply.code == "weak-password")
            #expect(reply.errors == reasons)
            #expect(try await auth.count(Self.accounts) == 0)
        }
    }

    @Test func onlyTheNewestLinkWorksAndOnlyForADay() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                _ = try await auth.register("leo@example.com")
                let first = try await auth.mail(to: "leo@example.com")
                auth.clock.advance(by: .seconds(120))
                let other = AuthHarness(beside: auth, AuthHarness.Options())
                let resent = try await other.call("resendVerification", ["email": .string("leo@example.com")])
                #expect(resent.status == 202)
                let second = try await auth.mail(to: "leo@example.com", count: 2)
                #expect(AuthHarness.token(in: first) != AuthHarness.token(in: second))
                let old = try await auth.call("verifyEmail", ["token": .string(AuthHarness.token(in: first))])
                #expect(old.code == "token-invalid")
                auth.clock.advance(by: .seconds(24 * 3600))
                let late = try await auth.call("verifyEmail", ["token": .string(AuthHarness.token(in: second))])
                #expect(late.code == "token-invalid")
            }
        }
    }

    @Test func resendingLooksTheSameForAnyAddress() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                _ = try await auth.newAccount("mia@example.com")
                let other = AuthHarness(beside: auth, AuthHarness.Options())
                for email in ["mia@example.com", "nobody@example.com"] {
                    #expect(try await other.call("resendVerification", ["email": .string(email)]).status == 202)
                }
                try await auth.eventually("both jobs are done") { try await auth.count(Self.jobs) == 0 }
                #expect(auth.mails.all.count == 1)
            }
        }
    }

    @Test func oneMailAMinuteToAnAddress() async throws {
        try await AuthHarness.run { auth in
            for _ in 0..<3 {
                let reply = try await auth.call("resendVerification", ["email": .string("nia@example.com")])
                #expect(reply.status == 202)
            }
            #expect(try await auth.count(Self.jobs) == 1)
            #expect(auth.reached("mails-per-address") == 2)
        }
    }

    @Test func aRegistrationThatNobodyHasTimeForSpendsNothing() async throws {
        var options = AuthHarness.Options()
        options.isHasherShut = true
        try await AuthHarness.run(options) { auth in
            for _ in 0...1 {
                let reply = try await auth.register("ola@example.com")
                #expect(reply.code == "auth-busy")
                #expect(auth.reached("mails-per-address") == 0)
            }
        }
    }

    /// Others can use up an address' share of mails, and yet must not keep its owner from having an account.
    @Test func aNewAccountGetsItsMailWhateverOthersAskedFor() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                for _ in 0..<2 { _ = try await auth.call("resendVerification", ["email": "ove@example.com"]) }
                #expect(auth.reached("mails-per-address") == 1)
                #expect(try await auth.newAccount("ove@example.com").status == 200)
                #expect(auth.reached("mails-per-address") == 2)
            }
        }
    }

    @Test(arguments: ["", "x", String(repeating: "A", count: 43), String(repeating: "A", count: 128)])
    func otherTokensVerifyNothing(_ token: String) async throws {
        try await AuthHarness.run { auth in
            let reply = try await auth.call("verifyEmail", ["token": .string(token)])
            #expect(["token-invalid", "validation"].contains(reply.code))
        }
    }

    private static let failed = Statement<Int>(
        "test.failed", "SELECT count(*) FROM auth.jobs WHERE last_error IS NOT NULL AND status = 'pending'")

    /// The `Message-ID` is the job's, so that a mail that was taken but not confirmed can be told from a second one.
    @Test func aMailThatFailsIsTriedAgainWithTheSameLinkAndMessageID() async throws {
        var options = AuthHarness.Options()
        options.mailFailure = MailFailure(.temporary, "no connection")
        try await AuthHarness.run(options) { broken in
            _ = try await broken.register("ole@example.com")
            try await broken.working {
                try await broken.eventually("the first try has failed") { try await broken.count(Self.failed) == 1 }
            }
            let auth = AuthHarness(beside: broken, AuthHarness.Options())
            try await auth.working {
                let reply = try await auth.verify("ole@example.com")
                #expect(reply.status == 204)
            }
            let refused = try #require(broken.refusedMails.all.first)
            let sent = auth.mails.all.filter { $0.to.address == "ole@example.com" }
            #expect(sent.map(\.id) == [refused.id] && sent.first?.text == refused.text)
        }
    }

    @Test func withoutTheRuleAnUnverifiedAccountMaySignIn() async throws {
        var options = AuthHarness.Options()
        options.adjust = {
            $0.requiresVerifiedEmail = false
            $0.newAccountRole = .author
        }
        try await AuthHarness.run(options) { auth in
            _ = try await auth.register("pam@example.com")
            let login = try await auth.login("pam@example.com")
            #expect(login.status == 200)
            #expect(try await auth.account(of: login).roles == ["author"])
            #expect(login["scope"] == "articles:publish articles:write comments:write")
        }
    }
}
