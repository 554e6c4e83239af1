package import ServiceKit

extension GatewayConfiguration {
    private static let bindSetting = Setting(
        "gateway.bind", default: ["::"],
        "The addresses that the public ports listen on; `::` is every address, of IPv4 too.")
    private static let httpsPortSetting = Setting(
        "gateway.https-port", default: 8443, in: 0...65_535, "The port for HTTPS; 0 takes a free one.")
    private static let httpPortSetting = Setting(
        "gateway.http-port", default: 8080, in: 0...65_535,
        "The port for plain HTTP, which only redirects to HTTPS; 0 takes a free one.")
    private static let opsPortSetting = Setting(
        "gateway.ops-port", default: 9100, in: 0...65_535, "The port of the gateway's health and metrics.")
    private static let publicURLSetting = Setting<String>(
        "public-url", inDevelopment: "https://localhost:8443",
        "Where people reach the suite, as an https URL: mailed links and the issuer of tokens.")
    private static let audienceSetting = Setting("auth.audience", default: "causeway", "The `aud` of access tokens.")
    private static let authSetting = Setting(
        "auth.address", inDevelopment: HostPort(host: "127.0.0.1", port: 9001), "Where the auth service answers.")
    private static let userSetting = Setting(
        "user.address", inDevelopment: HostPort(host: "127.0.0.1", port: 9002), "Where the user service answers.")
    private static let contentSetting = Setting(
        "content.address", inDevelopment: HostPort(host: "127.0.0.1", port: 9003),
        "Where the content service answers.")
    private static let multiplierSetting = Setting(
        "gateway.limit-multiplier", default: 1, in: 1...100_000,
        "What every rate limit is multiplied by; load tests raise it.")
    private static let perAddressSetting = Setting(
        "gateway.connections-per-address-max", default: 64, in: 1...1_000_000,
        "Connections that one address may have open, IPv6 by /64.")
    private static let connectionsSetting = Setting(
        "gateway.connections-max", default: 10_000, in: 1...1_000_000, "Connections that may be open in all.")
    private static let contactSetting = Setting(
        "gateway.security-contact", default: "",
        "Where weaknesses are reported, as a URI such as mailto:security@example.com, for security.txt.")

    /// Every setting, for references.
    package static let declared: [SettingDeclaration] = [
        bindSetting.declaration, httpsPortSetting.declaration, httpPortSetting.declaration,
        opsPortSetting.declaration, publicURLSetting.declaration, audienceSetting.declaration,
        authSetting.declaration, userSetting.declaration, contentSetting.declaration, multiplierSetting.declaration,
        perAddressSetting.declaration, connectionsSetting.declaration, contactSetting.declaration,
    ]

    package init(_ settings: Settings) {
        self.init(
            publicURL: settings(Self.publicURLSetting), auth: settings(Self.authSetting),
            user: settings(Self.userSetting), content: settings(Self.contentSetting))
        while publicURL.hasSuffix("/") { publicURL.removeLast() }
        bindAddresses = settings(Self.bindSetting)
        httpsPort = settings(Self.httpsPortSetting)
        httpPort = settings(Self.httpPortSetting)
        opsPort = settings(Self.opsPortSetting)
        audience = settings(Self.audienceSetting)
        limitMultiplier = settings(Self.multiplierSetting)
        connectionsPerAddressMax = settings(Self.perAddressSetting)
        connectionsMax = settings(Self.connectionsSetting)
        securityContact = settings(Self.contactSetting)
        if !publicURL.isEmpty, !publicURL.hasPrefix("https://") {
            settings.refuse("\(Self.publicURLSetting.declaration.variable) must be an https URL.")
        }
        if bindAddresses.isEmpty {
            settings.refuse("\(Self.bindSetting.declaration.variable) names no address.")
        }
        if securityContact.contains(where: { $0.isNewline }) {
            settings.refuse("\(Self.contactSetting.declaration.variable) must be one line.")
        }
    }
}
