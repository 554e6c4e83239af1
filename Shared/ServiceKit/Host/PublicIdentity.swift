/// What the suite is called from outside: auth writes it into tokens, the gateway expects it there.
package struct PublicIdentity: Sendable {
    /// Where people reach the suite, without a slash at its end: the `iss` of tokens.
    package let url: String
    /// The `aud` of access tokens.
    package let audience: String

    package static let urlSetting = Setting<String>(
        "public-url", inDevelopment: "https://localhost:8443",
        "Where people reach the suite, as an https URL: mailed links and the issuer of tokens.")
    package static let audienceSetting = Setting(
        "auth.audience", default: "causeway", "The `aud` of access tokens.")

    package init(_ settings: Settings) {
        var url = settings(Self.urlSetting)
        while url.hasSuffix("/") { url.removeLast() }
        if !url.isEmpty, !url.hasPrefix("https://") {
            settings.refuse("\(Self.urlSetting.declaration.variable) must be an https URL.")
        }
        self.url = url
        audience = settings(Self.audienceSetting)
    }
}
