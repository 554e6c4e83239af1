internal import RateLimiting
package import ServiceKit

// Rates go up to ten times their default, as the gateway's do in production without a word; failures in a row up to the
// hundred that NIST SP 800-63B-4 allows (section 3.2.2).
extension AuthLimits {
    private static let freeFailuresSetting = Setting(
        "auth.login-free-failures", default: 5, in: 1...10,
        "Sign-ins to one account that may fail before each further one has to wait longer.")
    private static let windowSetting = Setting(
        "auth.login-window-seconds", default: 300, in: 60...86_400,
        "How long failures count for that, once no wait is due any more, in seconds.")
    private static let failuresInARowSetting = Setting(
        "auth.login-failures-in-a-row-max", default: 100, in: 10...100,
        "Failures in a row that disable an account's password.")
    private static let attemptsSetting = Setting(
        "auth.login-attempts-per-minute", default: 30, in: 1...300, "Sign-ins of one address in a minute, IPv6 by /64.")
    private static let failuresSetting = Setting(
        "auth.login-failures-per-minute", default: 10, in: 1...100, "Sign-ins of one address that may fail in a minute."
    )
    private static let refreshesSetting = Setting(
        "auth.refreshes-per-minute", default: 30, in: 1...300, "Refreshes of one session in a minute.")
    private static let mailsPerMinuteSetting = Setting(
        "auth.mails-per-minute", default: 1, in: 1...10,
        "Mails to one address in a minute that anybody can ask for; as many again may tell its owner of a danger.")
    private static let mailsPerHourSetting = Setting(
        "auth.mails-per-hour", default: 5, in: 1...50, "The same as by the minute, for an hour.")
    private static let newAPIKeysSetting = Setting(
        "auth.api-keys-per-hour", default: 10, in: 1...100, "API keys that an account may make or rotate in an hour.")

    package init(_ settings: Settings) {
        self.init()
        func number(_ setting: Setting<Int>) -> Int64 { Int64(settings(setting)) }
        attempts.freeFailures = number(Self.freeFailuresSetting)
        attempts.window = .seconds(settings(Self.windowSetting))
        attempts.consecutiveFailuresMax = number(Self.failuresInARowSetting)
        attempts.attemptsPerAddress = .perMinute(number(Self.attemptsSetting))
        attempts.failuresPerAddress = .perMinute(number(Self.failuresSetting))
        refreshes = .perMinute(number(Self.refreshesSetting))
        mailsPerMinute = .perMinute(number(Self.mailsPerMinuteSetting))
        mailsPerHour = .perHour(number(Self.mailsPerHourSetting))
        newAPIKeys = .perHour(number(Self.newAPIKeysSetting))
    }
}
