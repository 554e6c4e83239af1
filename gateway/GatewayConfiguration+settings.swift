internal import Compression
internal import Contract
internal import HTTP
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
    private static let tiersSetting = Setting(
        "gateway.rate-tiers", default: [RateTier](),
        "What the rate limits of a role's holders, or as `api-key` those of every API key, are multiplied by: "
            + "`name=factor`, or several with commas, of which the largest counts.")
    private static let sharesSetting = Setting(
        "gateway.rate-shares", default: 2, in: 1...1000,
        "Gateways that count their rate limits together; while Redis is away each allows its part.")
    private static let rateWaitSetting = Setting(
        "gateway.rate-wait-milliseconds", default: 50, in: 1...1000,
        "How long a rate limit may wait for Redis, in milliseconds.")
    private static let connectionsSetting = Setting(
        "gateway.connections-max", default: 0, in: 0...1_000_000,
        "Connections that may be open in all; 0 takes what memory and descriptors have room for.")
    private static let cacheSetting = Setting(
        "gateway.cache-megabytes", default: 64, in: 0...65_536,
        "Memory for answers that the edge keeps, in MiB; 0 keeps none.")
    private static let requestsPerAddressSetting = Setting(
        "gateway.requests-per-address-max", default: 2000, in: 1...1_000_000,
        "Requests that one address may have in flight, IPv6 by /64.")
    private static let perUpstreamSetting = Setting(
        "gateway.upstream-requests-max", default: 2500, in: 1...1_000_000,
        "Requests that may wait for the answer of one service, or of one route beside the contracts; more are refused "
            + "at once, so that one that hangs leaves room for the others.")
    private static let certificateSetting = Setting(
        "gateway.certificate-directory", default: "",
        "The folder of gateway-certificate.pem and gateway-key.pem, and of <name>-certificate.pem and <name>-key.pem "
            + "for further host names; empty takes the folder of the keys.")
    private static let handoverSetting = Setting(
        "gateway.handover-directory", default: "",
        "A folder that only its user may enter, made where it is missing: a gateway that is started takes the "
            + "listening sockets of the one that runs over through it, which then drains and ends; empty hands nothing "
            + "over.")
    private static let contactSetting = Setting(
        "gateway.security-contact", default: "",
        "Where weaknesses are reported, as a URI such as mailto:security@example.com, for security.txt.")
    private static let crossOriginsSetting = Setting<[String]>(
        "gateway.cors-origins", default: [],
        "Origins whose pages may read answers, as browsers send them: https://app.example.com; empty for none.")
    private static let crossCredentialsSetting = Setting(
        "gateway.cors-credentials", default: false,
        "Whether pages of those origins may use cookies: they can then do whatever the signed-in person can.")
    private static let preflightSetting = Setting(
        "gateway.cors-max-age", default: 600, in: 0...86_400,
        "How long browsers may remember what a preflight said, in seconds.")
    private static let compressionSetting = Setting(
        "gateway.compression", default: true, "Whether answers are made shorter for clients that ask for it.")
    private static let brotliSetting = Setting(
        "gateway.brotli-quality", default: 2, in: 0...5,
        "How hard Brotli tries; 4 takes at least twice the time and the memory of 2.")
    private static let gzipSetting = Setting(
        "gateway.gzip-level", default: 3, in: 1...9, "How hard gzip tries; 6 takes twice the time of 3.")
    private static let compressionMinSetting = Setting(
        "gateway.compression-bytes-min", default: 1024, in: 256...1_048_576,
        "Bodies that are known to have fewer bytes go as they are.")
    private static let compressionStreamsSetting = Setting(
        "gateway.compression-streams-max", default: 128, in: 0...100_000,
        "Long answers that are made shorter at once, with up to 0.8 MiB of memory each; more go as they are.")

    /// For those who cannot hand over.
    package static var handoverVariable: String { handoverSetting.declaration.variable }

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
        readRoutes(settings)
        limitMultiplier = settings(Self.multiplierSetting)
        rateQuotas = RateQuotas(settings, multiplier: limitMultiplier)
        rateTiers = settings(Self.tiersSetting)
        rateShares = settings(Self.sharesSetting)
        rateWait = .milliseconds(settings(Self.rateWaitSetting))
        http = HTTPLimits(settings)
        let connections = settings(Self.connectionsSetting)
        connectionsMax = connections > 0 ? connections : nil
        requestsPerAddressMax = settings(Self.requestsPerAddressSetting)
        requestsPerUpstreamMax = settings(Self.perUpstreamSetting)
        strain = StrainMachine.Settings(settings)
        identityMemory = IdentityMemory(settings)
        door = DoorConfiguration(settings)
        cacheBytesMax = settings(Self.cacheSetting) << 20
        cache = EdgeCache.settings(settings)
        let certificateFolder = settings(Self.certificateSetting)
        certificateDirectory = certificateFolder.isEmpty ? nil : KeysDirectory(path: certificateFolder)
        handoverFolder = settings(Self.handoverSetting)
        securityContact = settings(Self.contactSetting)
        compresses = settings(Self.compressionSetting)
        compressionQuality = CompressionQuality(
            brotli: settings(Self.brotliSetting), gzip: settings(Self.gzipSetting))
        compressionBytesMin = settings(Self.compressionMinSetting)
        compressionStreamsMax = settings(Self.compressionStreamsSetting)
        crossOrigins = settings(Self.crossOriginsSetting)
        crossOriginCredentials = settings(Self.crossCredentialsSetting)
        preflightMaxAge = settings(Self.preflightSetting)
        for origin in crossOrigins where !Origin.isCanonical(origin) {
            settings.refuse(
                "\(Self.crossOriginsSetting.declaration.variable): \(origin) is no origin as browsers send it, "
                    + "such as https://app.example.com")
        }
        settings.refuse(
            "\(Self.multiplierSetting.declaration.variable)=\(limitMultiplier) leaves little of the rate limits; "
                + "set it to at most \(RateQuotas.timesStandardMax)",
            when: limitMultiplier > RateQuotas.timesStandardMax, unless: AcceptedRisk.raisedLimits)
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
            let certificates = try CertificateFolder(keys: keys).pairs().map { ($0, try $0.read()) }
            guard let (_, certificate) = certificates.first else { return }
            settings.refuse(
                "\(keys.certificatePath) was made by `causeway keys` for development, and no browser trusts it; put a "
                    + "certificate of an authority and its key there",
                when: certificate.isForDevelopment, unless: AcceptedRisk.localIdentity)
            for (pair, certificate) in certificates where certificate.expiresAt < .now {
                settings.warn("\(pair.chainPath) has expired.")
            }
        } catch let fault as FileFault {
            settings.refuse("\(fault). \(advice(keys.path))")
        } catch {
            settings.refuse("\(error).")
        }
    }
}
