package import ServiceKit

extension UserConfiguration {
    private static let localeSetting = Setting(
        "user.default-locale", default: "en", "The language tag of profiles whose accounts name none.")
    private static let zoneSetting = Setting(
        "user.default-time-zone", default: "UTC", "The IANA name of new profiles' time zone.")

    package init(_ settings: Settings) {
        self.init()
        defaultLocale = settings(Self.localeSetting)
        defaultTimeZone = settings(Self.zoneSetting)
    }
}
