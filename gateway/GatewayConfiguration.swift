package import Compression
internal import HTTP
package import ServiceKit

/// What of the gateway may be set. The defaults are those of a public edge.
package struct GatewayConfiguration: Sendable {
    /// Literal addresses that the public ports listen on.
    package var bindAddresses = ["::"]
    package var httpsPort = 8443
    package var httpPort = 8080
    package var opsPort = 9100
    /// Where clients find the gateway, without a slash at its end: the issuer of tokens.
    package var publicURL: String
    /// The `aud` of access tokens.
    package var audience = "causeway"
    package var auth: [HostPort]
    package var user: [HostPort]
    package var content: [HostPort]
    package var upstream = UpstreamSettings()
    /// Routes beside the contracts.
    package var routes: [StaticRoute] = []
    package var routeLimits = RouteLimits()
    /// What the rate classes allow.
    package var rateQuotas = RateQuotas()
    /// What every rate limit is multiplied by.
    package var limitMultiplier = 1
    /// What the limits of a role, or of an API key's tier, are multiplied by; the largest counts.
    package var rateTiers: [RateTier] = []
    /// Gateways that count together: without Redis each allows its part.
    package var rateShares = 2
    /// How long a rate limit may wait for Redis.
    package var rateWait: Duration = .milliseconds(50)
    /// What clients may send and hold.
    var http = HTTPLimits()
    /// Connections in all; nil for as many as there is room for.
    package var connectionsMax: Int?
    /// Requests that one address may have in flight, IPv6 by /64.
    package var requestsPerAddressMax = 2000
    /// Requests that may wait for one upstream: a quarter of what may be in flight in all, so that two services can
    /// hang and the edge stays below the six tenths at which it calls itself not ready.
    package var requestsPerUpstreamMax = 2500
    /// When requests are refused since there is too much to do.
    var strain = StrainMachine.Settings()
    package var door = DoorConfiguration()
    /// Credentials that are remembered.
    var identityMemory = IdentityMemory()
    /// Bytes of answers that are kept; 0 for none.
    package var cacheBytesMax = 64 << 20
    /// What is kept of them, and who may wait for one.
    var cache = EdgeCache.Machine.Settings()
    /// Where the certificate and its key are; nil for beside the other keys.
    package var certificateDirectory: KeysDirectory?
    /// Where a gateway that is started finds the one that runs, to take its place; empty for nowhere.
    package var handoverFolder = ""
    /// Where weaknesses are reported, as a URI; empty for nowhere.
    package var securityContact = ""
    /// Origins whose pages may read answers; empty for none but our own.
    package var crossOrigins: [String] = []
    /// Whether those pages may use cookies too.
    package var crossOriginCredentials = false
    /// How long browsers may remember a preflight, in seconds.
    package var preflightMaxAge = 600
    /// Whether answers are made shorter for clients that ask for it.
    package var compresses = true
    package var compressionQuality = CompressionQuality()
    /// Bodies that are known to have fewer bytes go as they are.
    package var compressionBytesMin = 1024
    /// Answers that are made shorter while they come, at once: up to 0.8 MiB of memory each.
    package var compressionStreamsMax = 128

    package init(publicURL: String, auth: [HostPort], user: [HostPort], content: [HostPort]) {
        self.publicURL = publicURL
        self.auth = auth
        self.user = user
        self.content = content
    }

    /// The host of `publicURL`, and the port that its clients use.
    var publicHost: (name: String, port: Int) {
        let authority = publicURL.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first ?? ""
        if let address = HostPort(settingText: String(authority)) { return (address.host, address.port) }
        return (authority.isEmpty ? "localhost" : String(authority), 443)
    }
}
