import AuthService
import Contract
import Cryptography
import JSON
import Postgres
import Primitives
import Protocol
import TestKit
import Testing

@Suite struct AccountAdministrationTests {
    private static let told = Statement<String>(
        "test.told", "SELECT coalesce(string_agg(topic, ' ' ORDER BY sequence), '') FROM auth.outbox")
    private static let audited = Statement<String>(
        "test.audited",
        """
        SELECT coalesce(string_agg(action || coalesce(' ' || (detail->>'reason'), ''), ', ' ORDER BY sequence), '')
        FROM auth.audit WHERE action LIKE '%-account'
        """)

    @Test func anAccountIsToldOfOnceItCanBeUsed() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                _ = try await auth.register("ida@example.com", name: "Ida")
                _ = try await auth.mail(to: "ida@example.com")
                #expect(try await auth.database.one(Self.told) == "")
                #expect(try await auth.verify("ida@example.com").status == 204)
                #expect(try await auth.verify("ida@example.com").code == "token-invalid")
                #expect(try await auth.database.one(Self.told) == "account-registered")
                let name = Statement<String>("test.name", "SELECT payload->>'displayName' FROM auth.outbox")
                #expect(try await auth.database.one(name) == "Ida")
            }
        }
    }

    @Test func withoutVerificationItIsToldOfAtOnce() async throws {
        var options = AuthHarness.Options()
        options.adjust = { $0.requiresVerifiedEmail = false }
        try await AuthHarness.run(options) { auth in
            _ = try await auth.register("jon@example.com")
            _ = try await auth.register("jon@example.com")
            #expect(try await auth.database.one(Self.told) == "account-registered")
        }
    }

    /// A late duplicate of the first order does not close the account again.
    @Test func anOrderThatComesAgainWithItsKeyIsNotCarriedOutAgain() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let login = try await auth.newAccount("pat@example.com")
                let id = try #require(try await auth.signedIn(login).account?.id)
                let admin = TestClient.admin()
                let claim = IdempotencyClaim(
                    caller: "account:admin", operationID: "disableAccount", key: try #require(IdempotencyKey("k")),
                    scope: Array(repeating: 1, count: 32), fingerprint: Array(repeating: 2, count: 32))
                let first = try await auth.administer("disableAccount", id, by: admin, claim: claim)
                #expect(first["status"] == "disabled")
                try await auth.isPushed(id.description)
                #expect(try await auth.administer("enableAccount", id, by: admin)["status"] == "active")
                let again = try await auth.administer("disableAccount", id, by: admin, claim: claim)
                #expect(again.status == first.status && again.body == first.body)
                #expect(try await auth.login("pat@example.com").status == 200)
                #expect(try await auth.database.one(Self.audited) == "disable-account, enable-account")
            }
        }
    }

    @Test func aDisabledAccountAnswersAsIfItWereNotThere() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let login = try await auth.newAccount("kim@example.com")
                let caller = try await auth.signedIn(login)
                let id = try #require(caller.account?.id)
                let admin = TestClient.admin()
                let reply = try await auth.administer("disableAccount", id, ["reason": "spam"], by: admin)
                #expect(reply.status == 200 && reply["status"] == "disabled" && reply["email"] == "kim@example.com")
                #expect(try await auth.login("kim@example.com").code == "invalid-credentials")
                #expect(try await auth.refresh(login["refreshToken"]).code == "session-revoked")
                #expect(try await auth.call("readMe", by: caller).code == "access-token-invalid")
                let revocations = try await auth.call("listRevocations", by: RefreshTests.peer).body["items"]?.array
                #expect(revocations?.first?.object?["epoch"]?.integer == 2)
                try await auth.isPushed(id.description)
                // Again is as good as once.
                #expect(try await auth.administer("disableAccount", id, by: admin).status == 200)
                #expect(try await auth.database.one(Self.told) == "account-registered account-disabled")
                #expect(try await auth.administer("enableAccount", id, by: admin)["status"] == "active")
                #expect(try await auth.administer("enableAccount", id, by: admin)["status"] == "active")
                #expect(try await auth.refresh(login["refreshToken"]).code == "session-revoked")
                let again = try await auth.login("kim@example.com")
                #expect(try await auth.account(of: again).epoch == 3)
                #expect(try await auth.database.one(Self.audited) == "disable-account spam, enable-account")
                let told = "account-registered account-disabled account-enabled"
                #expect(try await auth.database.one(Self.told) == told)
                _ = try await AuthService.verifyAudit(auth.database)
            }
        }
    }

    @Test func nothingOfAnErasedAccountStaysButItsAudit() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let login = try await auth.newAccount("lea@example.com")
                let caller = try await auth.signedIn(login)
                let id = try #require(caller.account?.id)
                let admin = TestClient.admin()
                #expect(try await auth.administer("deleteAccount", id, by: admin).status == 204)
                for operation in ["deleteAccount", "disableAccount", "enableAccount", "readAnyAccount"] {
                    #expect(try await auth.administer(operation, id, by: admin).code == "not-found")
                }
                #expect(try await auth.login("lea@example.com").code == "invalid-credentials")
                #expect(try await auth.refresh(login["refreshToken"]).code == "refresh-invalid")
                #expect(try await auth.call("readMe", by: caller).code == "access-token-invalid")
                try await auth.isPushed(id.description)
                let rows = Statement<Int>(
                    "test.rows",
                    """
                    SELECT (SELECT count(*) FROM auth.accounts) + (SELECT count(*) FROM auth.credentials)
                        + (SELECT count(*) FROM auth.sessions) + (SELECT count(*) FROM auth.one_time_links)
                        + (SELECT count(*) FROM auth.registrations)
                    """)
                #expect(try await auth.count(rows) == 0)
                #expect(try await auth.database.one(Self.told) == "account-registered account-deleted")
                #expect(try await auth.database.one(Self.audited) == "erase-account")
                _ = try await AuthService.verifyAudit(auth.database)
                // Another process has counted no mail to the address yet.
                let other = AuthHarness(beside: auth, AuthHarness.Options())
                #expect(try await other.register("lea@example.com").status == 202)
                #expect(try await auth.verify("lea@example.com", mails: 2).status == 204)
                let next = try await auth.signedIn(try await auth.login("lea@example.com"))
                #expect(next.account?.id != id)
            }
        }
    }

    @Test func onlyAdministratorsMayAndNotToThemselves() async throws {
        try await AuthHarness.run { auth in
            let (admin, stranger) = (TestClient.admin(), AccountID.make())
            let own = try #require(admin.account?.id)
            for operation in ["disableAccount", "deleteAccount"] {
                #expect(try await auth.administer(operation, own, by: admin).code == "own-account")
            }
            for operation in ["deleteAccount", "disableAccount", "enableAccount", "readAnyAccount"] {
                #expect(try await auth.administer(operation, stranger, by: admin).code == "not-found")
                #expect(try await auth.administer(operation, stranger, by: TestClient()).code == "unauthenticated")
                let editor = TestClient.admin(role: .editor)
                #expect(try await auth.administer(operation, stranger, by: editor).code == "forbidden")
            }
        }
    }

    /// A sign-in that has checked the password already finds the account closed, or its session is ended with the rest.
    @Test func noSignInSlipsThroughADisabling() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let id = try await auth.account(of: try await auth.newAccount("max@example.com")).id
                let live = Statement<Int>(
                    "test.live", "SELECT count(*) FROM auth.sessions WHERE revoked_at IS NULL")
                for _ in 0..<12 {
                    let tokens = Collected<String>()
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<3 {
                            group.addTask {
                                let reply = try await auth.login("max@example.com")
                                if let token = reply["refreshToken"] { tokens.append(token) }
                            }
                        }
                        group.addTask { _ = try await auth.administer("disableAccount", id, by: .admin()) }
                        try await group.waitForAll()
                    }
                    #expect(try await auth.count(live) == 0)
                    _ = try await auth.administer("enableAccount", id, by: .admin())
                    for token in tokens.all { #expect(try await auth.refresh(token).code == "session-revoked") }
                }
            }
        }
    }
}

extension TestClient {
    /// Someone with the permissions of `role`.
    static func admin(role: Role = .admin) -> TestClient {
        TestClient(
            account: CallerContext.Account(
                id: .make(), session: .make(), roles: [role.rawValue], permissions: role.permissions,
                authenticatedAt: .now, methods: ["pwd"], epoch: 1))
    }
}

extension AuthHarness {
    fileprivate func administer(
        _ operation: String, _ account: AccountID, _ body: JSONObject? = nil, by client: TestClient,
        claim: IdempotencyClaim? = nil
    ) async throws -> Reply {
        try await call(operation, body, path: [("account", account.description)], by: client, claim: claim)
    }
}
