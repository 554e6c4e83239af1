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
    /// What every rate limit is multiplied by.
    package var limitMultiplier = 1
    /// Connections from one address, IPv6 by /64.
    package var connectionsPerAddressMax = 64
    package var connectionsMax = 10_000
    /// Where the certificate and its key are; nil for beside the other keys.
    package var certificateDirectory: KeysDirectory?
    /// Where weaknesses are reported, as a URI; empty for nowhere.
    package var securityContact = ""

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
