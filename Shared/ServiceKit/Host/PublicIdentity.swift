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
        let host = Self.host(of: url)
        settings.refuse(
            "\(Self.urlSetting.declaration.variable)=\(url) is this machine's own address, which nobody else can "
                + "follow; set it to the name that people use",
            when: !host.isEmpty && Loopback.isLocal(host), unless: AcceptedRisk.localIdentity)
        self.url = url
        audience = settings(Self.audienceSetting)
    }

    /// The host of `https://host:port/…`, without an IPv6 address's brackets.
    private static func host(of url: String) -> String {
        let authority = url.split(separator: "/").dropFirst().first ?? ""
        if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }
}
