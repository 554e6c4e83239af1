import AuthService
import Contract
import Cryptography
import JSON
import Outbound
import Postgres
import Primitives
import Protocol
import RateLimiting
import Redis
import TestKit
import Testing

@Suite struct SignInTests {
    /// Register, verify, sign in, refresh, read, sign out: each step by what the one before gave.
    @Test func theWholePath() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let client = TestClient()
                let registered = try await auth.register("Ada@Example.com", name: "Ada", by: client)
                #expect(registered.status == 202)
                #expect(registered["status"] == "accepted")

                let early = try await auth.login("ada@example.com", by: client)
                #expect(early.code == "email-unverified")

                #expect(try await auth.verify("Ada@Example.com").status == 204)
                let again = try await auth.verify("Ada@Example.com")
                #expect(again.code == "token-invalid")

                let login = try await auth.login("ADA@example.com", by: client)
                #expect(login.status == 200)
                #expect(login["tokenType"] == "Bearer")
                #expect(login.body["expiresIn"]?.integer == 900)
                #expect(login.body["refreshExpiresIn"]?.integer == 604_800)

                let refreshed = try await auth.refresh(login["refreshToken"], by: client)
                #expect(refreshed.status == 200)
                #expect(refreshed["sessionId"] == login["sessionId"])
                #expect(refreshed["refreshToken"] != login["refreshToken"])

                let caller = try await auth.signedIn(refreshed, client)
                #expect(caller.account?.roles == ["reader"])
                #expect(caller.account?.methods == ["pwd"])
                let me = try await auth.call("readMe", by: caller)
                #expect(me["email"] == "Ada@Example.com")
                #expect(me.body["emailVerified"]?.bool == true)
                #expect(me.body["permissions"]?.array == [.string("comments:write")])
                // An API key without scopes, and one whose owner could once do more.
                for permissions in [[], ["accounts:admin"]] {
                    let me = try await auth.call("readMe", by: caller.permitted(permissions))
                    #expect(me.status == 200 && me.body["permissions"]?.array == [], "\(permissions)")
                }

                let sessions = try await auth.call("listSessions", by: caller)
                let items = try #require(sessions.body["items"]?.array)
                #expect(items.count == 1)
                #expect(items[0].object?["current"]?.bool == true)
                #expect(items[0].object?["ip"]?.string == client.address)

                #expect(try await auth.call("logout", by: caller).status == 204)
                let session = try #require(login["sessionId"])
                try await auth.isPushed(session)
                let ended = try await auth.refresh(refreshed["refreshToken"], by: client)
                #expect(ended.code == "session-revoked")
                _ = try await AuthService.verifyAudit(auth.database)
            }
        }
    }

    @Test func unknownWrongDisabledAndLockedLookTheSame() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                _ = try await auth.newAccount("bea@example.com")
                _ = try await auth.newAccount("closed@example.com")
                _ = try await auth.newAccount("locked@example.com")
                try await auth.testDatabase.administer(
                    """
                    UPDATE auth.accounts SET status = 'disabled' WHERE email_key = 'closed@example.com';
                    UPDATE auth.credentials SET disabled_at = now() WHERE account =
                        (SELECT id FROM auth.accounts WHERE email_key = 'locked@example.com');
                    """)
                let attempts = [
                    ("bea@example.com", "a quite different sentence"), ("nobody@example.com", AuthHarness.password),
                    ("closed@example.com", AuthHarness.password), ("locked@example.com", AuthHarness.password),
                ]
                for (email, password) in attempts {
                    let reply = try await auth.login(email, password)
                    #expect(reply.code == "invalid-credentials")
                    #expect(reply.errors.isEmpty)
                    #expect(reply.retryAfter == nil)
                }
            }
        }
    }

    @Test func fiveFailuresAreFollowedByADelayForKnownAndUnknown() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let first = try await auth.newAccount("cleo@example.com")
                for email in ["cleo@example.com", "nobody@example.com"] {
                    for _ in 0..<5 {
                        #expect(try await auth.login(email, "a quite different sentence").code == "invalid-credentials")
                    }
                    // From another address, with the right password: the account itself is delayed.
                    let delayed = try await auth.login(email)
                    #expect(delayed.code == "rate-limited")
                    #expect(try #require(delayed.retryAfter) > .seconds(10))
                }
                #expect(auth.reached("login-attempts") == 2)
                // Live sessions keep working.
                #expect(try await auth.refresh(first["refreshToken"]).status == 200)
            }
        }
    }

    @Test func parallelGuessesDoNotSlipThroughTogether() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                _ = try await auth.newAccount("dora@example.com")
                let codes = try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 0..<20 {
                        group.addTask { try await auth.login("dora@example.com", "a quite different sentence").code }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(codes.count { $0 == "invalid-credentials" } <= 5)
                #expect(codes.count { $0 == "rate-limited" } >= 15)
                #expect(codes.count { $0 == "" } == 0)
            }
        }
    }

    @Test func oneAddressMayFailTenTimesAMinute() async throws {
        try await AuthHarness.run { auth in
            let client = TestClient("2001:db8:\(String(Int.random(in: 1...65_535), radix: 16)):7::1")
            var codes: [String] = []
            for number in 0..<12 {
                codes.append(try await auth.login("guess\(number)@example.com", by: client).code)
            }
            #expect(codes.prefix(10).allSatisfy { $0 == "invalid-credentials" })
            #expect(codes.last == "rate-limited")
            // Another address of the same /64 is the same client.
            let neighbour = TestClient(String(client.address.dropLast()) + "beef")
            #expect(try await auth.login("other@example.com", by: neighbour).code == "rate-limited")
            #expect(try await auth.login("other@example.com").code == "invalid-credentials")
            let refused = codes.count { $0 == "rate-limited" } + 1
            #expect(auth.reached("login-attempts") == refused)
        }
    }

    @Test func aBusyHasherIsToldAndCostsNoAttempt() async throws {
        var options = AuthHarness.Options()
        options.hasherThreads = 1
        options.hasherQueueMax = 1
        options.parameters = PasswordParameters(memoryKiB: 65_536, iterations: 3) ?? .standard
        try await AuthHarness.run(options) { auth in
            let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
                for number in 0..<12 { group.addTask { try await auth.login("busy\(number)@example.com") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let busy = replies.filter { $0.code == "auth-busy" }
            #expect(!busy.isEmpty)
            #expect(busy.allSatisfy { $0.retryAfter == .seconds(1) })
            #expect(replies.allSatisfy { ["auth-busy", "invalid-credentials"].contains($0.code) })
        }
    }

    private static let passwords = Statement<[UInt8]>("test.passwords", "SELECT password FROM auth.credentials")

    @Test func anOutdatedHashOrSealIsMadeAnewAtTheNextSignIn() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                _ = try await auth.newAccount("eve@example.com")
                let before = try await auth.database.one(Self.passwords)

                var stronger = AuthHarness.Options()
                stronger.parameters = PasswordParameters(memoryKiB: 16, iterations: 2) ?? .standard
                let second = AuthHarness(beside: auth, stronger)
                #expect(try await second.login("eve@example.com").status == 200)
                let rehashed = try await auth.database.one(Self.passwords)
                #expect(rehashed != before)
                #expect(try await second.login("eve@example.com").status == 200)
                #expect(try await auth.database.one(Self.passwords) == rehashed)

                var rotated = stronger
                rotated.secrets = AuthHarness.secrets(pepper: ["p2", "p1"])
                let third = AuthHarness(beside: auth, rotated)
                #expect(try await third.login("eve@example.com").status == 200)
                #expect(try rotated.secrets.pepper.needsResealing(try await auth.database.one(Self.passwords)) == false)

                // Without the old key everything still works.
                var later = rotated
                later.secrets = AuthHarness.secrets(pepper: ["p2"])
                #expect(try await AuthHarness(beside: auth, later).login("eve@example.com").status == 200)
            }
        }
    }

    private static let copyHash = """
        UPDATE auth.credentials SET password = (
            SELECT password FROM auth.credentials JOIN auth.accounts ON id = account
            WHERE email_key = 'fay@example.com')
        """

    @Test func aHashCopiedToAnotherAccountDoesNotOpen() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                _ = try await auth.newAccount("fay@example.com")
                _ = try await auth.newAccount("gus@example.com")
                try await auth.testDatabase.administer(Self.copyHash)
                await #expect(throws: (any Error).self) { try await auth.login("gus@example.com") }
                #expect(try await auth.login("fay@example.com").status == 200)
            }
        }
    }

    @Test func sessionsBeyondTheLimitEndTheOldest() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let first = try await auth.newAccount("hal@example.com")
                for number in 0..<50 {
                    auth.clock.advance(by: .seconds(1))
                    #expect(try await auth.login("hal@example.com", by: TestClient("10.9.\(number).1")).status == 200)
                }
                #expect(try await auth.refresh(first["refreshToken"]).code == "session-revoked")
                try await auth.isPushed(try #require(first["sessionId"]))
            }
        }
    }

    private static let isDisabled = Statement<Bool>(
        "test.disabled", "SELECT disabled_at IS NOT NULL FROM auth.credentials")

    @Test func tooManyFailuresInARowDisableThePasswordForGood() async throws {
        var options = AuthHarness.Options()
        options.adjust = {
            $0.limits.attempts.freeFailures = 1000
            $0.limits.attempts.consecutiveFailuresMax = 6
        }
        try await AuthHarness.run(options) { auth in
            try await auth.working {
                let login = try await auth.newAccount("ira@example.com")
                for number in 1...6 {
                    #expect(try await auth.database.one(Self.isDisabled) == false)
                    let reply = try await auth.login("ira@example.com", "wrong sentence number \(number)")
                    #expect(reply.code == "invalid-credentials")
                }
                #expect(try await auth.database.one(Self.isDisabled))
                #expect(auth.reached("login-failures-in-a-row") == 0)
                #expect(try await auth.login("ira@example.com").code == "invalid-credentials")
                #expect(auth.reached("login-failures-in-a-row") == 1 && auth.reached("login-attempts") == 0)
                // Redis forgets; the database does not.
                let other = AuthHarness(beside: auth, AuthHarness.Options())
                #expect(try await other.login("ira@example.com").code == "invalid-credentials")
                #expect(try await auth.refresh(login["refreshToken"]).status == 200)
                _ = try await AuthService.verifyAudit(auth.database)
            }
        }
    }
}
