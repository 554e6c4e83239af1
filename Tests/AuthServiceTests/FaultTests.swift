import AuthService
import Contract
import Cryptography
import JSON
import Outbound
import Postgres
import Primitives
import Protocol
import Redis
import TestKit
import Testing

@Suite struct FaultTests {
    private static let unpublished = Statement<Int>(
        "test.unpublished", "SELECT count(*) FROM auth.revocations WHERE published_at IS NULL")

    @Test func withoutRedisPeopleSignInAndOutAndNothingIsLost() async throws {
        let server = try TestRedisServer()
        var options = AuthHarness.Options()
        options.redisPort = server.port
        try await AuthHarness.run(options) { auth in
            try await auth.working {
                let login = try await auth.newAccount("olga@example.com")
                let second = try await auth.login("olga@example.com")
                server.stop()
                #expect(try await auth.login("olga@example.com").status == 200)
                #expect(
                    try await auth.login("olga@example.com", "a quite different sentence").code == "invalid-credentials"
                )
                #expect(try await auth.refresh(second["refreshToken"]).status == 200)
                #expect(try await auth.call("logout", by: try await auth.signedIn(login)).status == 204)
                #expect(try await auth.refresh(login["refreshToken"]).code == "session-revoked")
                #expect(try await auth.count(Self.unpublished) == 1)
                try server.start()
                try await auth.eventually("the revocation is pushed") { try await auth.count(Self.unpublished) == 0 }
                try await auth.isPushed(try #require(login["sessionId"]))
            }
        }
        server.stop()
    }

    @Test func withoutPostgresFailuresAreThoseOfTheDatabase() async throws {
        var options = AuthHarness.Options()
        options.unavailableWait = .milliseconds(300)
        try await AuthHarness.run(options) { auth in
            try await auth.service.prepare()
            let email = "pia@example.com"
            _ = try await auth.register(email)
            let database = auth.testDatabase.name
            try await auth.testDatabase.server.administer(
                """
                ALTER DATABASE \(database) ALLOW_CONNECTIONS false;
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(database)';
                """)
            let client = TestClient()
            for _ in 0..<2 {
                await #expect(throws: PostgresFailure.self) { try await auth.login(email, by: client) }
            }
            await #expect(throws: PostgresFailure.self) { try await auth.register("new@example.com") }
            try await auth.testDatabase.server.administer("ALTER DATABASE \(database) ALLOW_CONNECTIONS true")
            try await auth.eventually("the database is back") {
                (try? await auth.login(email, by: client).code) == "email-unverified"
            }
        }
    }

    @Test func keysAreMadeOnceByManyProcessesAndAreSealed() async throws {
        try await AuthHarness.run { auth in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 {
                    let other = AuthHarness(beside: auth, AuthHarness.Options())
                    group.addTask { try await other.service.prepare() }
                }
                try await group.waitForAll()
            }
            let reply = try await auth.call("readKeySet")
            #expect(reply.body["keys"]?.array?.count == 1)
            let sealed = try await auth.database.one(
                Statement<[UInt8]>("test.sealed", "SELECT private_key FROM auth.signing_keys"))
            #expect(throws: SealingFailure.self) { try auth.secrets.signingKeys.open(sealed) }
            #expect(try SealedBox(sealed).keyID == "s1")
        }
    }

    @Test func keysRotateWhileTokensOfBothAreGood() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let old = try await auth.newAccount("quin@example.com")
                auth.clock.advance(by: .seconds(89 * 86_400))
                try await auth.service.prepare()
                #expect(try await auth.call("readKeySet").body["keys"]?.array?.count == 2)
                // Published and not used yet: the first key still signs.
                let before = try await auth.login("quin@example.com")
                auth.clock.advance(by: .seconds(86_400))
                let after = try await auth.login("quin@example.com")
                let keys = try P256KeySet(document: .object(try await auth.call("readKeySet").body))
                func keyID(_ reply: Reply) throws -> String {
                    try keys.verify(reply["accessToken"] ?? "", expectedType: "at+jwt").keyID
                }
                #expect(try keyID(old) == keyID(before))
                #expect(try keyID(before) != keyID(after))
                auth.clock.advance(by: .seconds(3601))
                try await auth.service.prepare()
                #expect(try await auth.call("readKeySet").body["keys"]?.array?.count == 1)
            }
        }
    }
}
