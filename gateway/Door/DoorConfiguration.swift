package import Primitives
internal import TLS
internal import Transport

/// Who is let in at the public ports, whom the edge believes, and what it shows. The defaults believe nobody.
package struct DoorConfiguration: Sendable {
    /// Whether clients are asked for a certificate.
    package enum ClientCertificates: Sendable, Equatable {
        case off
        /// The path of a PEM file of the authorities that sign them.
        case optional(authorities: String)
        case required(authorities: String)
    }

    /// The field in which trusted proxies tell their client. One, since a proxy passes the other on as it came.
    package enum ProxyField: String, Sendable {
        case forwardedFor = "x-forwarded-for"
        case forwarded
    }

    /// How often the certificates' files are looked at; zero waits for SIGHUP.
    package var certificateInterval: Duration = .seconds(5)
    /// For how long one key seals session tickets.
    package var ticketPeriod: Duration = .seconds(3600)
    /// How often a client may change its keys in one TLS session.
    package var keyUpdatesMax = TLSLimits.keyUpdatesMax
    package var clientCertificates = ClientCertificates.off
    /// Where an ACME client puts its answers for http-01; nil for nowhere.
    package var acmeFolder: String?
    /// Where connections come from that begin with a PROXY header.
    package var proxyHeaderFrom: [AddressRange] = []
    /// Proxies that are believed for whom they send a request.
    package var trustedProxies: [AddressRange] = []
    package var proxyField = ProxyField.forwardedFor
    /// Clients that are let in; all where it is empty.
    package var allowed: [AddressRange] = []
    package var denied: [AddressRange] = []

    package init() {}

    var policy: DoorPolicy {
        var policy = DoorPolicy()
        policy.proxyHeaderFrom = AddressSet(proxyHeaderFrom)
        policy.shared = AddressSet(trustedProxies)
        // A trusted proxy may connect; its clients are judged one by one.
        policy.allowed = allowed.isEmpty ? nil : AddressSet(allowed + trustedProxies)
        policy.denied = AddressSet(denied)
        return policy
    }
}
