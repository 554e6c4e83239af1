internal import Contract
internal import Primitives
package import ServiceKit
internal import TLS

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
    private static let certificateSetting = Setting(
        "gateway.certificate-directory", default: "",
        "The folder of gateway-certificate.pem and gateway-key.pem; empty takes the folder of the keys.")
    private static let contactSetting = Setting(
        "gateway.security-contact", default: "",
        "Where weaknesses are reported, as a URI such as mailto:security@example.com, for security.txt.")

    /// What production takes without a word.
    private static let multiplierMax = 10

    package init(_ settings: Settings) {
        let identity = PublicIdentity(settings)
        let addresses = ServiceAddresses(settings, calledBy: [.gateway])
        self.init(
            publicURL: identity.url, auth: addresses[.auth], user: addresses[.user], content: addresses[.content])
        upstream = UpstreamSettings(settings)
        audience = identity.audience
        bindAddresses = settings(Self.bindSetting)
        httpsPort = settings(Self.httpsPortSetting)
        httpPort = settings(Self.httpPortSetting)
        opsPort = settings(Self.opsPortSetting)
        limitMultiplier = settings(Self.multiplierSetting)
        connectionsPerAddressMax = settings(Self.perAddressSetting)
        connectionsMax = settings(Self.connectionsSetting)
        let certificateFolder = settings(Self.certificateSetting)
        certificateDirectory = certificateFolder.isEmpty ? nil : KeysDirectory(path: certificateFolder)
        securityContact = settings(Self.contactSetting)
        settings.refuse(
            "\(Self.multiplierSetting.declaration.variable)=\(limitMultiplier) leaves little of the rate limits; "
                + "set it to at most \(Self.multiplierMax)",
            when: limitMultiplier > Self.multiplierMax, unless: AcceptedRisk.raisedLimits)
        if bindAddresses.isEmpty {
            settings.refuse("\(Self.bindSetting.declaration.variable) names no address.")
        }
        if securityContact.contains(where: { $0.isNewline }) {
            settings.refuse("\(Self.contactSetting.declaration.variable) must be one line.")
        }
    }
}

extension CertificateStore {
    /// Looks at the certificate that the gateway would use, so that what is wrong with it is told with all else.
    package static func check(_ keys: KeysDirectory, _ settings: Settings) {
        // Of a folder that is not there one word is enough.
        guard !keys.path.isEmpty, TextFile.exists(keys.path) else { return }
        do {
            let certificate = try certificate(keys.certificatePath, keys.certificateKeyPath)
            settings.refuse(
                "\(keys.certificatePath) was made by `causeway keys` for development, and no browser trusts it; put a "
                    + "certificate of an authority and its key there",
                when: certificate.isForDevelopment, unless: AcceptedRisk.localIdentity)
            if certificate.expiresAt < .now { settings.warn("\(keys.certificatePath) has expired.") }
        } catch let fault as FileFault {
            settings.refuse("\(fault). \(advice(keys.path))")
        } catch {
            settings.refuse("\(keys.certificatePath): \(error).")
        }
    }
}
