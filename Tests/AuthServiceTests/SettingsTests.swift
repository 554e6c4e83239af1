import AuthService
import Cryptography
import JSON
import Outbound
import Primitives
import Protocol
import RateLimiting
import ServiceKit
import Testing

@Suite struct SettingsTests {
    @Test func developmentNeedsNothing() throws {
        let settings = Settings.of(["CAUSEWAY_PROFILE": "development"])
        let configuration = AuthConfiguration(settings)
        let server = MailServer(settings)
        try settings.requireSound()
        #expect(configuration.passwordCodePointsMin == 8)
        #expect(configuration.newAccountRole == .reader)
        #expect(server?.port == 1025)
    }

    @Test func productionMustNameItsURLAndMail() {
        let settings = Settings.of([:])
        _ = AuthConfiguration(settings)
        _ = MailServer(settings)
        let fault = #expect(throws: SettingsFault.self) { try settings.requireSound() }
        #expect(fault?.faults.count == 3)
    }

    static let production = [
        "CAUSEWAY_PUBLIC_URL": "https://suite.example/", "CAUSEWAY_SMTP_URL": "smtps://mail.example:465",
        "CAUSEWAY_AUTH_MAIL_SENDER": "post@suite.example",
    ]

    @Test func productionIsStrict() throws {
        let settings = Settings.of(Self.production)
        let configuration = AuthConfiguration(settings)
        let server = MailServer(settings)
        try settings.requireSound()
        #expect(configuration.passwordCodePointsMin == 15)
        #expect(configuration.publicURL == "https://suite.example")
        #expect(configuration.requiresVerifiedEmail)
        #expect(server?.security == .implicitTLS)
    }

    @Test(arguments: [
        ("CAUSEWAY_PUBLIC_URL", "http://suite.example"), ("CAUSEWAY_SMTP_URL", "mail.example"),
        ("CAUSEWAY_SMTP_URL", "gopher://mail.example:25"), ("CAUSEWAY_SMTP_USER", "ada"),
        ("CAUSEWAY_AUTH_MAIL_SENDER", "nobody"), ("CAUSEWAY_AUTH_NEW_ACCOUNT_ROLE", "admin"),
        ("CAUSEWAY_AUTH_ACCESS_TOKEN_SECONDS", "86400"), ("CAUSEWAY_AUTH_PASSWORD_CHARACTERS_MIN", "4"),
        ("CAUSEWAY_AUTH_REFRESH_IDLE_SECONDS", "2592000"), ("CAUSEWAY_AUTH_HASH_MEMORY_KIB", "12287"),
        ("CAUSEWAY_AUTH_HASH_PASSES", "2"), ("CAUSEWAY_AUTH_LOGIN_FAILURES_IN_A_ROW_MAX", "101"),
        ("CAUSEWAY_AUTH_SIGNING_KEY_LEAD_HOURS", "23"), ("CAUSEWAY_AUTH_REFRESH_GRACE_SECONDS", "61"),
        ("CAUSEWAY_AUTH_SIGNING_KEY_DAYS", "2"),
    ])
    func unsafeValuesAreRefused(_ variable: String, _ value: String) {
        var values = Self.production
        values["CAUSEWAY_AUTH_REFRESH_ABSOLUTE_SECONDS"] = "604800"
        values["CAUSEWAY_AUTH_SIGNING_KEY_LEAD_HOURS"] = "72"
        values[variable] = value
        if variable == "CAUSEWAY_SMTP_USER" { values["CAUSEWAY_SMTP_URL"] = "smtp://mail.example:25" }
        let settings = Settings.of(values)
        _ = AuthConfiguration(settings)
        _ = MailServer(settings)
        #expect(throws: SettingsFault.self) { try settings.requireSound() }
    }

    /// A setting, a value that is not its default, and where it has to be found.
    struct Place: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let value: Int
        let isReached: @Sendable (AuthConfiguration) -> Bool

        init(_ name: String, _ value: Int, _ isReached: @escaping @Sendable (AuthConfiguration) -> Bool) {
            testDescription = name
            self.value = value
            self.isReached = isReached
        }
    }

    static let places: [Place] = [
        Place("HASH_MEMORY_KIB", 20_000) { $0.hashing.makeHasher().parameters.memoryKiB == 20_000 },
        Place("HASH_PASSES", 4) { $0.hashing.makeHasher().parameters.iterations == 4 },
        Place("HASH_THREADS", 3) { $0.hashing.threads == 3 },
        Place("HASH_QUEUE_MAX", 7) { $0.hashing.queueMax == 7 },
        Place("HASH_WAIT_MILLISECONDS", 250) { $0.hashing.waitMax == .milliseconds(250) },
        Place("REFRESH_GRACE_SECONDS", 0) { $0.refreshGrace == .zero },
        Place("LOGIN_FREE_FAILURES", 3) { $0.limits.attempts.freeFailures == 3 },
        Place("LOGIN_WINDOW_SECONDS", 600) { $0.limits.attempts.window == .seconds(600) },
        Place("LOGIN_FAILURES_IN_A_ROW_MAX", 50) { $0.limits.attempts.consecutiveFailuresMax == 50 },
        Place("LOGIN_ATTEMPTS_PER_MINUTE", 60) { $0.limits.attempts.attemptsPerAddress == .perMinute(60) },
        Place("LOGIN_FAILURES_PER_MINUTE", 20) { $0.limits.attempts.failuresPerAddress == .perMinute(20) },
        Place("REFRESHES_PER_MINUTE", 6) { $0.limits.refreshes == .perMinute(6) },
        Place("MAILS_PER_MINUTE", 2) { $0.limits.mailsPerMinute == .perMinute(2) },
        Place("MAILS_PER_HOUR", 9) { $0.limits.mailsPerHour == .perHour(9) },
        Place("API_KEYS_PER_HOUR", 20) { $0.limits.newAPIKeys == .perHour(20) },
        Place("SIGNING_KEY_LEAD_HOURS", 48) { $0.keySchedule.lead == .seconds(172_800) },
    ]

    @Test(arguments: places) func eachLimitReachesItsPlace(_ place: Place) throws {
        let variable = "CAUSEWAY_AUTH_\(place.testDescription)"
        let usual = Settings.of(Self.production)
        #expect(!place.isReached(AuthConfiguration(usual)))
        let settings = Settings.of(Self.production.merging([variable: String(place.value)]) { $1 })
        let configuration = AuthConfiguration(settings)
        _ = MailServer(settings)
        try settings.requireSound()
        #expect(place.isReached(configuration))
    }

    /// Of a crowd, those are refused that find no room, or would wait for longer than is set.
    @Test(arguments: [(0, 10_000), (32, 500)]) func theHasherKeepsToWhatIsSet(queueMax: Int, waitMs: Int) async throws {
        var hashing = HashingConfiguration()
        hashing.parameters = try #require(PasswordParameters(memoryKiB: 65_536, iterations: 10))
        (hashing.threads, hashing.queueMax, hashing.waitMax) = (1, queueMax, .milliseconds(waitMs))
        let hasher = hashing.makeHasher()
        defer { hasher.shutdown() }
        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    do throws(PasswordHasherFailure) {
                        _ = try await hasher.hash(Secret("a crowd"))
                        return false
                    } catch {
                        return error == .busy
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect((1..<8).contains(refused))
    }

    /// What is set is what the service does.
    @Test func theServiceKeepsToTheLimitsThatAreSet() async throws {
        var options = AuthHarness.Options()
        options.adjust = {
            $0.refreshGrace = .zero
            $0.limits.refreshes = .perMinute(2)
            $0.limits.mailsPerMinute = .perMinute(3)
            $0.limits.mailsPerHour = .perHour(2)
            $0.limits.newAPIKeys = .perHour(1)
            $0.limits.attempts.freeFailures = 1
        }
        try await AuthHarness.run(options) { auth in
            try await auth.working {
                let login = try await auth.newAccount("una@example.com")
                let owner = try await auth.signedIn(login)
                for count in 0...1 {
                    _ = try await auth.call("resendVerification", ["email": "una@example.com"])
                    #expect(auth.reached("mails-per-address") == count)
                    _ = try await auth.call("createAPIKey", ["name": "robot", "scopes": []], by: owner)
                    #expect(auth.reached("new-api-keys") == count)
                }
                #expect(try await auth.login("una@example.com", "a wrong sentence").code == "invalid-credentials")
                #expect(try await auth.login("una@example.com").code == "rate-limited")
                #expect(try await auth.refresh(login["refreshToken"]).status == 200)
                auth.clock.advance(by: .seconds(1))
                let thief = TestClient(agent: "other")
                #expect(try await auth.refresh(login["refreshToken"], by: thief).code == "refresh-reused")
                #expect(try await auth.refresh(login["refreshToken"]).code == "rate-limited")
            }
        }
    }
}
