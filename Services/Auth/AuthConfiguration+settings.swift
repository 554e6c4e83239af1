package import Outbound
internal import Primitives
internal import Protocol
package import ServiceKit

extension AuthConfiguration {
    private static let serviceNameSetting = Setting(
        "auth.service-name", default: "Causeway", "What mails call the suite; no password may be it.")
    // How long it lives is a setting. Its leeway is none, nor is any format: whoever verifies has to agree with whoever
    // signs, in every process and in the release before.
    private static let accessSetting = Setting(
        "auth.access-token-seconds", default: 900, in: 60...900, "How long an access token lives, in seconds.")
    private static let idleSetting = Setting(
        "auth.refresh-idle-seconds", default: 604_800, in: 300...2_592_000,
        "How long a session lives without being used, in seconds.")
    private static let absoluteSetting = Setting(
        "auth.refresh-absolute-seconds", default: 2_592_000, in: 300...31_536_000,
        "How long a session lives at all, in seconds.")
    private static let verifyLinkSetting = Setting(
        "auth.verify-link-seconds", default: 86_400, in: 300...604_800,
        "How long the link of a verification mail works, in seconds.")
    private static let passwordSetting = Setting(
        "auth.password-characters-min", default: 0, in: 0...64,
        "Fewest characters of a new password, at least 8; 0 takes 15, or 8 in the development profile.")
    private static let commonSetting = Setting(
        "auth.common-passwords", default: "/usr/share/john/password.lst",
        "A list of passwords to refuse, one a line; a short list is built in for where it is absent.")
    private static let verifiedSetting = Setting(
        "auth.require-verified-email", default: true, "Whether an address must be verified before the first sign-in.")
    private static let roleSetting = Setting(
        "auth.new-account-role", default: Role.reader.rawValue, oneOf: [Role.reader.rawValue, Role.author.rawValue],
        "The role of new accounts.")
    private static let keyPeriodSetting = Setting(
        "auth.signing-key-days", default: 90, in: 2...365, "How long a signing key signs, in days.")
    private static let keyLeadSetting = Setting(
        "auth.signing-key-lead-hours", default: 24, in: 24...720,
        "How long a signing key is published before it signs, in hours, so that every verifier has it by then.")
    private static let graceSetting = Setting(
        "auth.refresh-grace-seconds", default: 10, in: 0...60,
        "How long an exchanged refresh token gives the same successor again, in seconds.")
    private static let senderSetting = Setting(
        "auth.mail-sender", inDevelopment: "no-reply@causeway.example", "The address that mails come from.")

    package init(_ settings: Settings) {
        let identity = PublicIdentity(settings)
        self.init(publicURL: identity.url)
        audience = identity.audience
        serviceName = settings(Self.serviceNameSetting)
        accessTokenLifetime = .seconds(settings(Self.accessSetting))
        refreshIdleLifetime = .seconds(settings(Self.idleSetting))
        refreshAbsoluteLifetime = .seconds(settings(Self.absoluteSetting))
        verifyLinkLifetime = .seconds(settings(Self.verifyLinkSetting))
        let charactersMin = settings(Self.passwordSetting)
        let standard = settings.profile == .development ? 8 : 15
        passwordCodePointsMin = charactersMin == 0 ? standard : charactersMin
        commonPasswordsPath = settings(Self.commonSetting)
        requiresVerifiedEmail = settings(Self.verifiedSetting)
        newAccountRole = Role(rawValue: settings(Self.roleSetting)) ?? .reader
        keySchedule = KeySchedule(
            period: .seconds(settings(Self.keyPeriodSetting) * 86_400),
            lead: .seconds(settings(Self.keyLeadSetting) * 3600))
        refreshGrace = .seconds(settings(Self.graceSetting))
        limits = AuthLimits(settings)
        hashing = HashingConfiguration(settings)
        mailSender = settings(Self.senderSetting)
        apiKeyEnvironment = settings.profile == .development ? "dev" : "live"
        settings.refuse(
            "\(Self.verifiedSetting.declaration.variable)=false lets anyone sign in with an address that is not theirs",
            when: !requiresVerifiedEmail, unless: AcceptedRisk.unverifiedEmail)
        checkTogether(settings)
    }

    private func checkTogether(_ settings: Settings) {
        if passwordCodePointsMin < 8 {
            settings.refuse("\(Self.passwordSetting.declaration.variable): fewer than 8 characters are not safe.")
        }
        if keySchedule.lead > keySchedule.period {
            settings.refuse("\(Self.keyLeadSetting.declaration.variable) is longer than a signing key signs.")
        }
        if refreshIdleLifetime > refreshAbsoluteLifetime {
            settings.refuse("\(Self.idleSetting.declaration.variable) is longer than a session lives at all.")
        }
        do throws(MailFailure) {
            if !mailSender.isEmpty { _ = try MailAddress(mailSender) }
        } catch {
            settings.refuse("\(Self.senderSetting.declaration.variable): \(error.detail).")
        }
    }
}

extension MailServer {
    static let urlSetting = Setting<String>(
        "smtp-url", inDevelopment: "smtp://127.0.0.1:1025",
        "The server that takes mails: smtp://host:port (plain), smtp+starttls://host:port or smtps://host:port.")
    static let userSetting = Setting("smtp-user", default: "", "The user at the mail server; empty for none.")
    static let passwordSetting = Setting("smtp-password", default: Secret(""), "The user's password.")

    /// The server of the settings; nil where they are wrong, which `settings` then tells.
    package init?(_ settings: Settings) {
        let text = settings(Self.urlSetting)
        let user = settings(Self.userSetting)
        let password = settings(Self.passwordSetting)
        // Asked for before anything returns, so that references have it.
        _ = settings(AcceptedRisk.plaintextMail)
        let securities = ["smtp": Security.none, "smtp+starttls": .startTLS, "smtps": .implicitTLS]
        guard let separator = text.firstRange(of: "://"),
            let security = securities[String(text[..<separator.lowerBound])],
            let address = HostPort(settingText: String(text[separator.upperBound...]))
        else {
            if !text.isEmpty { settings.refuse("\(Self.urlSetting.declaration.variable) is not a mail server's URL.") }
            return nil
        }
        settings.refuse(
            "\(Self.urlSetting.declaration.variable)=\(text) sends mails, and the links in them, in the clear; "
                + "use smtp+starttls:// or smtps://",
            when: security == .none && !Loopback.isLocal(address.host), unless: AcceptedRisk.plaintextMail)
        do throws(MailFailure) {
            try self.init(
                host: address.host, port: address.port, security: security, user: user.isEmpty ? nil : user,
                password: user.isEmpty ? nil : password)
        } catch {
            settings.refuse("\(Self.urlSetting.declaration.variable): \(error.detail).")
            return nil
        }
    }
}
