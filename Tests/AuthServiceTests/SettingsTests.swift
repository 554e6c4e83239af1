import AuthService
import Outbound
import Primitives
import Protocol
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
        ("CAUSEWAY_AUTH_REFRESH_IDLE_SECONDS", "2592000"),
    ])
    func unsafeValuesAreRefused(_ variable: String, _ value: String) {
        var values = Self.production
        values["CAUSEWAY_AUTH_REFRESH_ABSOLUTE_SECONDS"] = "604800"
        values[variable] = value
        if variable == "CAUSEWAY_SMTP_USER" { values["CAUSEWAY_SMTP_URL"] = "smtp://mail.example:25" }
        let settings = Settings.of(values)
        _ = AuthConfiguration(settings)
        _ = MailServer(settings)
        #expect(throws: SettingsFault.self) { try settings.requireSound() }
    }
}
