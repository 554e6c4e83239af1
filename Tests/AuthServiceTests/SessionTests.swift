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

@Suite struct SessionTests {
    @Test func signingOutEverywhereRaisesTheEpoch() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let first = try await auth.newAccount("ian@example.com")
                let second = try await auth.login("ian@example.com")
                let caller = try await auth.signedIn(first)
                #expect(caller.account?.epoch == 1)
                #expect(try await auth.call("logoutEverywhere", by: caller).status == 204)
                for login in [first, second] {
                    #expect(try await auth.refresh(login["refreshToken"]).code == "session-revoked")
                }
                let revocations = try await auth.call("listRevocations", by: RefreshTests.peer)
                let items = try #require(revocations.body["items"]?.array)
                #expect(items.count == 1)
                #expect(items[0].object?["account"]?.string == caller.account?.id.description)
                #expect(items[0].object?["epoch"]?.integer == 2)
                #expect(items[0].object?["session"] == nil)
                try await auth.isPushed(try #require(caller.account?.id.description))
                let third = try await auth.login("ian@example.com")
                #expect(try await auth.account(of: third).epoch == 2)
            }
        }
    }

    @Test func signingOutEverywhereElseKeepsTheCurrentSession() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let first = try await auth.newAccount("jil@example.com")
                let others = [try await auth.login("jil@example.com"), try await auth.login("jil@example.com")]
                let caller = try await auth.signedIn(first)
                #expect(try await auth.call("logoutEverywhere", ["keepCurrent": .bool(true)], by: caller).status == 204)
                #expect(try await auth.refresh(first["refreshToken"]).status == 200)
                for login in others {
                    #expect(try await auth.refresh(login["refreshToken"]).code == "session-revoked")
                    try await auth.isPushed(try #require(login["sessionId"]))
                }
            }
        }
    }

    @Test func onesOwnSessionCanBeEndedAndNoOthers() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let mine = try await auth.newAccount("kai@example.com")
                let phone = try await auth.login("kai@example.com")
                let theirs = try await auth.newAccount("lou@example.com")
                let caller = try await auth.signedIn(mine)
                func end(_ login: Reply) async throws -> Reply {
                    try await auth.call(
                        "revokeSession", path: [("session", try #require(login["sessionId"]))], by: caller)
                }
                #expect(try await end(phone).status == 204)
                #expect(try await end(phone).status == 204)
                try await auth.isPushed(try #require(phone["sessionId"]))
                #expect(try await end(theirs).code == "not-found")
                #expect(try await auth.refresh(theirs["refreshToken"]).status == 200)
                let unknown = try await auth.call(
                    "revokeSession", path: [("session", SessionID.make().description)], by: caller)
                #expect(unknown.code == "not-found")
                let malformed = try await auth.call("revokeSession", path: [("session", "1")], by: caller)
                #expect(malformed.code == "not-found")
                let list = try await auth.call("listSessions", by: caller)
                #expect(list.body["items"]?.array?.count == 1)
            }
        }
    }

    @Test func onlyProofOpensDoors() async throws {
        try await AuthHarness.run { auth in
            for operation in ["readMe", "listSessions", "logout", "logoutEverywhere"] {
                let reply = try await auth.call(operation)
                #expect(reply.code == "unauthenticated")
            }
            #expect(try await auth.call("listRevocations").code == "unauthenticated")
            let path = [(name: "account", value: AccountID.make().description)]
            #expect(try await auth.call("readAccount", path: path).code == "unauthenticated")
            #expect(try await auth.call("readAccount", path: path, by: RefreshTests.peer).code == "not-found")
        }
    }

    @Test func otherServicesReadWhatAProfileNeeds() async throws {
        try await AuthHarness.run { auth in
            _ = try await auth.register("mo@example.com", name: "Mo")
            let id = try await auth.database.one(
                Statement<UUIDv7>("test.account", "SELECT id FROM auth.accounts WHERE email_key = 'mo@example.com'"))
            let path = [(name: "account", value: id.description)]
            let reply = try await auth.call("readAccount", path: path, by: RefreshTests.peer)
            #expect(reply["displayName"] == "Mo")
            #expect(reply.body["email"] == nil)
        }
    }

    @Test func revocationsAreForgottenAfterTwentyMinutes() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let login = try await auth.newAccount("ned@example.com")
                _ = try await auth.call("logout", by: try await auth.signedIn(login))
                auth.clock.advance(by: .seconds(1199))
                let some = try await auth.call("listRevocations", by: RefreshTests.peer)
                #expect(some.body["items"]?.array?.count == 1)
                auth.clock.advance(by: .seconds(2))
                let none = try await auth.call("listRevocations", by: RefreshTests.peer)
                #expect(none.body["items"]?.array?.isEmpty == true)
            }
        }
    }

    private static let leftovers = Statement<Int>(
        "test.leftovers", "SELECT (SELECT count(*) FROM auth.sessions) + (SELECT count(*) FROM auth.revocations)")

    @Test func whatNobodyNeedsIsDeletedInTheEnd() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let login = try await auth.newAccount("oda@example.com")
                _ = try await auth.call("logout", by: try await auth.signedIn(login))
            }
            #expect(try await auth.count(Self.leftovers) == 2)
            auth.clock.advance(by: .seconds(61 * 86_400))
            try await auth.working {
                try await auth.eventually("old rows are gone") { try await auth.count(Self.leftovers) == 0 }
            }
        }
    }

    @Test func aSignOutIsPushedBeforeItIsAnswered() async throws {
        var options = AuthHarness.Options()
        options.adjust = { $0.requiresVerifiedEmail = false }
        // Without the background work, which would make up for a push that did not happen.
        try await AuthHarness.run(options) { auth in
            _ = try await auth.register("pip@example.com")
            let login = try await auth.login("pip@example.com")
            _ = try await auth.call("logout", by: try await auth.signedIn(login))
            try await auth.isPushed(try #require(login["sessionId"]))
        }
    }
}
