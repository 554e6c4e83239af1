extension UserService {
    /// What an operator can set.
    package struct Configuration: Sendable {
        /// The language tag of a profile whose account names none.
        package var defaultLocale: String
        /// The IANA name of a new profile's time zone.
        package var defaultTimeZone: String

        package init(defaultLocale: String = "en", defaultTimeZone: String = "UTC") {
            self.defaultLocale = defaultLocale
            self.defaultTimeZone = defaultTimeZone
        }
    }
}
