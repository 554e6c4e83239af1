internal import Primitives
package import ServiceKit
internal import TLS

extension DoorConfiguration {
    private static let watchSetting = Setting(
        "gateway.certificate-watch-seconds", default: 5, in: 0...3600,
        "How often the certificates' files are looked at for a change, in seconds; 0 waits for SIGHUP.")
    private static let ticketSetting = Setting(
        "gateway.ticket-key-seconds", default: 3600, in: 60...86_400,
        "For how long one key seals the tickets that TLS sessions are resumed with, in seconds; a ticket lives twice "
            + "as long.")
    private static let keyUpdatesSetting = Setting(
        "gateway.key-updates-max", default: TLSLimits.keyUpdatesMax, in: 0...1_000_000,
        "Key updates of a client in one TLS session; each costs the edge more than the client.")
    private static let clientsSetting = Setting(
        "gateway.client-certificates", default: "off", oneOf: ["off", "optional", "required"],
        "Whether clients are asked for a certificate, and refused without one.")
    private static let authoritiesSetting = Setting(
        "gateway.client-authorities", default: "",
        "A PEM file of the authorities that sign clients' certificates.")
    private static let acmeSetting = Setting(
        "gateway.acme-directory", default: "",
        "The folder where an ACME client puts its http-01 answers, which the port for plain HTTP shows; empty for "
            + "none.")
    private static let proxyHeaderSetting = Setting(
        "gateway.proxy-protocol-from", default: [AddressRange](),
        "Addresses and blocks, with commas, whose connections begin with a PROXY header (version 1 or 2) that tells "
            + "the client; without one they are closed.")
    private static let trustedSetting = Setting(
        "gateway.trusted-proxies", default: [AddressRange](),
        "Addresses and blocks of HTTP proxies in front, with commas, that are believed for whom they send a request.")
    private static let fieldSetting = Setting(
        "gateway.trusted-proxies-field", default: "x-forwarded-for", oneOf: ["x-forwarded-for", "forwarded"],
        "The one field in which trusted proxies tell the client; the last address in it that is none of theirs counts.")
    private static let allowedSetting = Setting(
        "gateway.addresses-allowed", default: [AddressRange](),
        "Addresses and blocks of clients that are let in, with commas; empty for all.")
    private static let deniedSetting = Setting(
        "gateway.addresses-denied", default: [AddressRange](),
        "Addresses and blocks of clients that are not let in, with commas.")
    package init(_ settings: Settings) {
        self.init()
        certificateInterval = .seconds(settings(Self.watchSetting))
        ticketPeriod = .seconds(settings(Self.ticketSetting))
        keyUpdatesMax = settings(Self.keyUpdatesSetting)
        clientCertificates = Self.clientCertificates(settings)
        let acme = settings(Self.acmeSetting)
        acmeFolder = acme.isEmpty ? nil : acme
        proxyHeaderFrom = Self.believed(Self.proxyHeaderSetting, settings)
        trustedProxies = Self.believed(Self.trustedSetting, settings)
        proxyField = ProxyField(rawValue: settings(Self.fieldSetting)) ?? .forwardedFor
        allowed = settings(Self.allowedSetting)
        denied = settings(Self.deniedSetting)
    }

    /// Who believes everybody lets everybody be whoever he likes.
    private static func believed(_ setting: Setting<[AddressRange]>, _ settings: Settings) -> [AddressRange] {
        let ranges = settings(setting)
        if ranges.contains(where: { $0.prefixBits == 0 }) {
            settings.refuse(
                "\(setting.declaration.variable) names every address there is, so that whoever connects could say who "
                    + "he is; name the proxies.")
        }
        return ranges
    }

    private static func clientCertificates(_ settings: Settings) -> ClientCertificates {
        let (mode, path) = (settings(clientsSetting), settings(authoritiesSetting))
        guard mode == "optional" || mode == "required" else { return .off }
        if path.isEmpty {
            settings.refuse(
                "\(authoritiesSetting.declaration.variable) is empty, but \(clientsSetting.declaration.variable) is "
                    + "\(mode): it must name the authorities that are believed.")
        } else {
            do throws(FileFault) {
                _ = try TextFile.read(path)
            } catch {
                settings.refuse("\(authoritiesSetting.declaration.variable): \(error).")
            }
        }
        return mode == "required" ? .required(authorities: path) : .optional(authorities: path)
    }
}
