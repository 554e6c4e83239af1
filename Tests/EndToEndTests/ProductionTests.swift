import Foundation
import TestKit
import Testing

/// What a start refuses outside development. Each case is the executable itself, in an environment of its own.
@Suite("Production is strict")
struct ProductionTests {
    /// A configuration that nothing is wrong with.
    private static let sound = [
        "CAUSEWAY_KEYS_DIRECTORY": "/keys", "CAUSEWAY_PUBLIC_URL": "https://suite.example",
        "CAUSEWAY_AUTH_ADDRESS": "127.0.0.1:9001", "CAUSEWAY_USER_ADDRESS": "127.0.0.1:9002",
        "CAUSEWAY_CONTENT_ADDRESS": "127.0.0.1:9003", "CAUSEWAY_SMTP_URL": "smtps://mail.example:465",
        "CAUSEWAY_AUTH_MAIL_SENDER": "post@suite.example",
    ]

    private func explain(_ settings: [String: String]) async throws -> ChildProcess.Outcome {
        let variables = settings.map { "\($0.key)=\($0.value)" }
        return try await ChildProcess.run(["env", "-i"] + variables + [try CausewayBinary.path, "config", "explain"])
    }

    @Test("A sound configuration passes, without a word")
    func passes() async throws {
        let outcome = try await explain(Self.sound)
        #expect(outcome.status == 0 && outcome.errorText.isEmpty, "\(outcome.errorText)")
    }

    /// Each unsafe choice, the words that name it, and the setting that takes its risk; nil where nothing does.
    static let unsafe: [(settings: [String: String], names: [String], risk: String?)] = [
        (["POSTGRES_HOST": "db"], ["CAUSEWAY_POSTGRES_TLS=prefer", "verify-full"], "PLAINTEXT_INTERNAL"),
        (["POSTGRES_HOST": "10.0.0.1", "POSTGRES_TLS": "disable"], ["POSTGRES_TLS=disable"], "PLAINTEXT_INTERNAL"),
        (["POSTGRES_TLS": "verify-full"], ["CAUSEWAY_POSTGRES_TLS_ROOT_CERTIFICATE"], nil),
        (["POSTGRES_TLS_CERTIFICATE": "/etc/hostname"], ["CAUSEWAY_POSTGRES_TLS_KEY", "go together"], nil),
        (["POSTGRES_TLS_ROOT_CERTIFICATE": "/no/ca"], ["CAUSEWAY_POSTGRES_TLS_ROOT_CERTIFICATE", "/no/ca"], nil),
        (
            ["POSTGRES_HOST": "db", "POSTGRES_TLS": "require"], ["CAUSEWAY_POSTGRES_SUPERUSER_PASSWORD"],
            "SUPERUSER_WITHOUT_PASSWORD"
        ),
        (["REDIS_HOST": "redis", "REDIS_PASSWORD": "x"], ["CAUSEWAY_REDIS_TLS=disable"], "PLAINTEXT_INTERNAL"),
        (
            ["REDIS_HOST": "redis", "REDIS_TLS": "verify-full"], ["CAUSEWAY_REDIS_PASSWORD is empty"],
            "REDIS_WITHOUT_PASSWORD"
        ),
        (["REDIS_USER": "suite"], ["CAUSEWAY_REDIS_USER needs CAUSEWAY_REDIS_PASSWORD"], nil),
        (
            ["REDIS_TLS": "verify-ca", "REDIS_TLS_ROOT_CERTIFICATE": "/etc/hostname"],
            ["CAUSEWAY_REDIS_TLS", "certificate"], nil
        ),
        (["BIND_ADDRESS": "0.0.0.0"], ["CAUSEWAY_BIND_ADDRESS=0.0.0.0"], "PLAINTEXT_INTERNAL"),
        (["AUTH_ADDRESS": "auth:9001"], ["CAUSEWAY_AUTH_ADDRESS=auth:9001"], "PLAINTEXT_INTERNAL"),
        (["SMTP_URL": "smtp://mail.example:25"], ["CAUSEWAY_SMTP_URL=smtp://mail.example:25"], "PLAINTEXT_MAIL"),
        (
            ["SMTP_URL": "smtp://mail.example:25", "SMTP_USER": "u", "SMTP_PASSWORD": "p"], ["password", "needs TLS"],
            nil
        ),
        (["PUBLIC_URL": "https://localhost:8443"], ["CAUSEWAY_PUBLIC_URL=https://localhost:8443"], "LOCAL_IDENTITY"),
        (["PUBLIC_URL": "https://[::1]:8443"], ["CAUSEWAY_PUBLIC_URL=https://[::1]:8443"], "LOCAL_IDENTITY"),
        (["PUBLIC_URL": "http://suite.example"], ["CAUSEWAY_PUBLIC_URL must be an https URL"], nil),
        (["GATEWAY_LIMIT_MULTIPLIER": "11"], ["CAUSEWAY_GATEWAY_LIMIT_MULTIPLIER=11"], "RAISED_LIMITS"),
        (["GATEWAY_RATE_LOGIN": "301/min"], ["CAUSEWAY_GATEWAY_RATE_LOGIN=301/min", "30/min"], "RAISED_LIMITS"),
        (["GATEWAY_RATE_MAIL": "10/minute"], ["CAUSEWAY_GATEWAY_RATE_MAIL", "10/minute"], nil),
        (["AUTH_REQUIRE_VERIFIED_EMAIL": "false"], ["CAUSEWAY_AUTH_REQUIRE_VERIFIED_EMAIL"], "UNVERIFIED_EMAIL"),
        (["AUTH_PASSWORD_CHARACTERS_MIN": "4"], ["CAUSEWAY_AUTH_PASSWORD_CHARACTERS_MIN"], nil),
        (["PUBLIC_URL": ""], ["CAUSEWAY_PUBLIC_URL is not set"], nil),
        (["PROFILE": "prod"], ["must be development or production"], nil),
    ]

    @Test("What is unsafe is refused by name, and taken only on purpose, which is told", arguments: unsafe)
    func refuses(settings: [String: String], names: [String], risk: String?) async throws {
        var environment = Self.sound
        for (name, value) in settings { environment["CAUSEWAY_\(name)"] = value }
        // What a case is not about is allowed, so that each fault is seen alone.
        let risks = [
            "PLAINTEXT_INTERNAL", "REDIS_WITHOUT_PASSWORD", "SUPERUSER_WITHOUT_PASSWORD", "PLAINTEXT_MAIL",
            "LOCAL_IDENTITY", "RAISED_LIMITS", "UNVERIFIED_EMAIL",
        ]
        for other in risks where other != risk { environment["CAUSEWAY_ALLOW_\(other)"] = "true" }
        let refused = try await explain(environment)
        #expect(refused.status == 1, "\(settings)")
        for name in names { #expect(refused.errorText.contains(name), "\(name): \(refused.errorText)") }
        guard let risk else { return }
        #expect(refused.errorText.contains("CAUSEWAY_ALLOW_\(risk)=true takes the risk"), "\(refused.errorText)")
        environment["CAUSEWAY_ALLOW_\(risk)"] = "true"
        let taken = try await explain(environment)
        #expect(taken.status == 0, "\(taken.errorText)")
        #expect(taken.errorText.contains("CAUSEWAY_ALLOW_\(risk)=true: "), "\(taken.errorText)")
        if settings["PUBLIC_URL"] == nil {
            let development = try await explain(
                Self.sound.merging(settings.map { ("CAUSEWAY_\($0)", $1) }) { $1 }.merging(
                    ["CAUSEWAY_PROFILE": "development"]) { $1 })
            #expect(development.status == 0, "\(development.errorText)")
        }
    }

    @Test("Everything that is wrong is told at once")
    func together() async throws {
        var environment: [String: String] = [:]
        var names: [String] = []
        for each in Self.unsafe where each.risk != nil {
            for (name, value) in each.settings where environment["CAUSEWAY_\(name)"] == nil {
                environment["CAUSEWAY_\(name)"] = value
            }
        }
        names = ["POSTGRES_TLS", "BIND_ADDRESS", "AUTH_ADDRESS", "SMTP_URL", "PUBLIC_URL", "LIMIT_MULTIPLIER"]
        let outcome = try await explain(environment)
        for name in names { #expect(outcome.errorText.contains(name), "\(name): \(outcome.errorText)") }
    }

    @Test("Every setting: its default works in its profiles, a value out of range in none; the README lists them all")
    func everySetting() async throws {
        let printed = try await ChildProcess.run([try CausewayBinary.path, "config", "reference"]).text
        let readme = try TestFile.text(Repository.path("README.md"))
        #expect(readme.contains("<!-- settings -->\n\(printed)<!-- /settings -->"), "paste `causeway config reference`")
        let nothing = try await explain([:])
        let development = try await explain(
            ["CAUSEWAY_PROFILE": "development", "CAUSEWAY_KEYS_DIRECTORY": "/keys"])
        #expect(development.status == 0, "\(development.errorText)")
        var rows = 0
        for line in printed.split(separator: "\n").dropFirst(2) {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            let name = cells[0].trimmingCharacters(in: ["`"])
            rows += 1
            let needed = cells[1].contains("development only") || cells[1] == "must be set"
            #expect(nothing.errorText.contains("\(name) is not set") == needed, "\(name) in production")
            #expect(development.text.contains("\n\(name)=") || development.text.hasPrefix("\(name)="), "\(name)")
            guard !cells[2].isEmpty else { continue }
            for profile in ["development", "production"] {
                let wrong = try await explain(
                    Self.sound.merging([name: "!", "CAUSEWAY_PROFILE": profile]) { $1 })
                #expect(wrong.status == 1 && wrong.errorText.contains("\(name)"), "\(name), \(profile)")
            }
        }
        #expect(rows > 60)
    }

    @Test("A start tells what keys and certificate it misses, all at once, and no development certificate will do")
    func keys() async throws {
        let folder = try TestFolder()
        let keys = folder.path + "/keys"
        let binary = try CausewayBinary.path
        func serve(_ part: String) async throws -> String {
            let variables = Self.sound.merging(["CAUSEWAY_KEYS_DIRECTORY": keys]) { $1 }.map { "\($0)=\($1)" }
            let outcome = try await ChildProcess.run(["env", "-i"] + variables + [binary, "serve", part], seconds: 20)
            #expect(outcome.status == 1)
            return outcome.errorText
        }
        #expect(try await serve("all").contains("\(keys) does not exist. `causeway keys --directory \(keys)` makes it"))
        _ = try await ChildProcess.run([binary, "keys", "--directory", keys])
        let certificate = try await serve("gateway")
        #expect(certificate.contains("for development") && certificate.contains("CAUSEWAY_ALLOW_LOCAL_IDENTITY"))
        for file in ["pepper.key", "refresh.key", "postgres-auth_app"] {
            try FileManager.default.removeItem(atPath: "\(keys)/\(file)")
        }
        let missing = try await serve("auth")
        for file in ["pepper.key", "refresh.key", "postgres-auth_app"] {
            #expect(missing.contains("\(keys)/\(file)"), "\(missing)")
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o622], ofItemAtPath: "\(keys)/seal.key")
        #expect(try await serve("auth").contains("seal.key: others may write it"))
    }
}
