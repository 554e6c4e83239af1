/// What an operator can set of the user service.
package struct UserConfiguration: Sendable {
    /// The language tag of a profile whose account names none.
    package var defaultLocale = "en"
    /// The IANA name of a new profile's time zone.
    package var defaultTimeZone = "UTC"

    package init() {}
}
