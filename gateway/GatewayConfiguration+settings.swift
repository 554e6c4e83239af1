internal import Contract
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

    package init(_ settings: Settings) {
        let identity = PublicIdentity(settings)
        let addresses = ServiceAddresses(settings)
        self.init(
            publicURL: identity.url, auth: addresses[.auth], user: addresses[.user], content: addresses[.content])
        audience = identity.audience
        bindAddresses = settings(Self.bindSetting)
        httpsPort = settings(Self.httpsPortSetting)
        httpPort = settings(Self.httpPortSetting)
        opsPort = settings(Self.opsPortSetting)
        limitMultiplier = settings(Self.multiplierSetting)
        connectionsPerAddressMax = settings(Self.perAddressSetting)
        connectionsMax = settings(Self.connectionsSetting)
        securityContact = settings(Self.contactSetting)
        if bindAddresses.isEmpty {
            settings.refuse("\(Self.bindSetting.declaration.variable) names no address.")
        }
        if securityContact.contains(where: { $0.isNewline }) {
            settings.refuse("\(Self.contactSetting.declaration.variable) must be one line.")
        }
    }
}
