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

@Suite struct RefreshTests {
    @Test func twoRefreshesAtOnceGetTheSameSuccessor() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let login = try await auth.newAccount("ann@example.com")
                let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
                    for _ in 0..<10 { group.addTask { try await auth.refresh(login["refreshToken"]) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(replies.allSatisfy { $0.status == 200 })
                #expect(Set(replies.compactMap { $0["refreshToken"] }).count == 1)
            }
        }
    }

    @Test func anOlderTokenEndsTheSessionAndTellsItsOwner() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let client = TestClient()
                let first = try await auth.newAccount("ben@example.com", by: client)
                let second = try await auth.refresh(first["refreshToken"], by: client)
                let third = try await auth.refresh(second["refreshToken"], by: client)
                #expect(third.status == 200)
                #expect(try await auth.refresh(first["refreshToken"]).code == "refresh-reused")
                #expect(try await auth.refresh(third["refreshToken"], by: client).code == "session-revoked")
                try await auth.isPushed(try #require(first["sessionId"]))
                let message = try await auth.mail(to: "ben@example.com", count: 2)
                #expect(message.subject.hasPrefix("We signed a device out"))
                let revocations = try await auth.call("listRevocations", by: Self.peer)
                #expect(revocations.body["items"]?.array?.first?.object?["session"]?.string == first["sessionId"])
            }
        }
    }

    /// Whoever has stolen a token must not be able to keep its owner from hearing of it, by asking for mails.
    @Test func mailsThatAnybodyAsksForSilenceNoNotice() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let client = TestClient()
                let sessions = [
                    try await auth.newAccount("bea@example.com", by: client),
                    try await auth.login("bea@example.com", by: client),
                ]
                let resent = try await auth.call("resendVerification", ["email": "bea@example.com"])
                #expect(resent.status == 202)
                #expect(auth.reached("mails-per-address") == 1 && auth.reached("notices-per-address") == 0)
                for first in sessions {
                    let second = try await auth.refresh(first["refreshToken"], by: client)
                    _ = try await auth.refresh(second["refreshToken"], by: client)
                    #expect(try await auth.refresh(first["refreshToken"]).code == "refresh-reused")
                }
                let notice = try await auth.mail(to: "bea@example.com", count: 2)
                #expect(notice.subject.hasPrefix("We signed a device out"))
                // Notices are bounded as well.
                #expect(auth.reached("notices-per-address") == 1)
                try await auth.eventually("all is sent") { try await auth.count(Self.jobs) == 0 }
                #expect(auth.mails.all.count == 2)
            }
        }
    }

    private static let jobs = Statement<Int>("test.jobs", "SELECT count(*) FROM auth.jobs")

    static let peer: TestClient = {
        var client = TestClient()
        client.issuer = .content
        return client
    }()

    @Test func aLateReplayIsTakenOnceFromTheSameClient() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let client = TestClient("192.0.2.10", agent: "phone")
                let first = try await auth.newAccount("cem@example.com", by: client)
                let second = try await auth.refresh(first["refreshToken"], by: client)
                auth.clock.advance(by: .seconds(600))
                let replay = try await auth.refresh(first["refreshToken"], by: client)
                #expect(replay.status == 200)
                #expect(replay["refreshToken"] == second["refreshToken"])
                #expect(try await auth.refresh(first["refreshToken"], by: client).code == "refresh-reused")
                #expect(try await auth.refresh(second["refreshToken"], by: client).code == "session-revoked")
            }
        }
    }

    @Test func aLateReplayFromAnotherClientEndsTheSession() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let client = TestClient("192.0.2.10", agent: "phone")
                let first = try await auth.newAccount("dan@example.com", by: client)
                _ = try await auth.refresh(first["refreshToken"], by: client)
                auth.clock.advance(by: .seconds(11))
                let thief = TestClient("198.51.100.9", agent: "phone")
                #expect(try await auth.refresh(first["refreshToken"], by: thief).code == "refresh-reused")
            }
        }
    }

    @Test func aConfirmedSuccessorAllowsNoLateReplay() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let client = TestClient("192.0.2.10", agent: "phone")
                let first = try await auth.newAccount("eli@example.com", by: client)
                let second = try await auth.refresh(first["refreshToken"], by: client)
                let caller = try await auth.signedIn(second, client)
                // Every access token of the first refresh token has run out: the caller's came with the second.
                auth.clock.advance(by: .seconds(931))
                #expect(try await auth.call("readMe", by: caller).status == 200)
                #expect(try await auth.refresh(first["refreshToken"], by: client).code == "refresh-reused")
            }
        }
    }

    @Test func sessionsEndWhenIdleAndAtTheirLimit() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let idle = try await auth.newAccount("fin@example.com")
                auth.clock.advance(by: .seconds(7 * 86_400))
                #expect(try await auth.refresh(idle["refreshToken"]).code == "refresh-invalid")

                var latest = try await auth.login("fin@example.com")
                for _ in 0..<5 {
                    auth.clock.advance(by: .seconds(6 * 86_400))
                    let next = try await auth.refresh(latest["refreshToken"])
                    if next.status == 200 { latest = next }
                }
                // 30 days after the sign-in, however often it was used; what is left was told.
                #expect(latest.body["refreshExpiresIn"]?.integer == 518_400)
                #expect(try await auth.refresh(latest["refreshToken"]).code == "refresh-invalid")
            }
        }
    }

    @Test func aForgeryCostsNoQueryAndAnswersTheSame() async throws {
        try await AuthHarness.run { auth in
            await auth.database.close()
            for token in ["x", "v1." + String(repeating: "A", count: 86)] {
                let reply = try await auth.refresh(token)
                #expect(reply.code == "refresh-invalid")
            }
        }
    }

    @Test func oneSessionMayRefreshThirtyTimesAMinute() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                var latest = try await auth.newAccount("gil@example.com")
                for _ in 0..<30 { latest = try await auth.refresh(latest["refreshToken"]) }
                let refused = try await auth.refresh(latest["refreshToken"])
                #expect(refused.code == "rate-limited")
                #expect(try #require(refused.retryAfter) > .zero)
                #expect(auth.reached("refreshes-per-session") == 1)
            }
        }
    }

    @Test func aClosedAccountCannotRefresh() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let login = try await auth.newAccount("hans@example.com")
                let caller = try await auth.signedIn(login)
                try await auth.testDatabase.administer("UPDATE auth.accounts SET status = 'disabled'")
                #expect(try await auth.refresh(login["refreshToken"]).code == "refresh-invalid")
                #expect(try await auth.call("readMe", by: caller).code == "access-token-invalid")
            }
        }
    }
}
