internal import HTTP
internal import Transport

/// Proxies in front of the edge that are believed for whom they send a request.
struct TrustedProxies: Sendable {
    /// Proxies that one request may have come through.
    private static let hopsMax = 32

    let addresses: AddressSet
    let field: DoorConfiguration.ProxyField
    /// Who may ask, as at the door, where the connection was a proxy's.
    let policy: DoorPolicy

    init(_ door: DoorConfiguration) {
        addresses = AddressSet(door.trustedProxies)
        field = door.proxyField
        policy = door.policy
    }

    /// Who sent a request that came over `peer`'s connection; nil where that is `peer` itself.
    ///
    /// Each proxy adds its own client at the end. Read from there, the first address that is no trusted proxy's is the
    /// client: what stands before it is that client's own tale. Where somebody is not named, or not in a way that can
    /// be read, it is the last one that is known; nil where not even one is.
    func client(of fields: HeaderFields, over peer: PeerAddress) -> PeerAddress? {
        guard addresses.contains(peer) else { return nil }
        var known: PeerAddress?
        for hop in hops(fields).reversed().prefix(Self.hopsMax) {
            guard let address = hop else { return known }
            known = address
            guard addresses.contains(address) else { return address }
        }
        return known
    }

    /// Whether a proxy sent the request for somebody whom it did not name so that it can be read, and whose address
    /// matters here.
    func hidesClient(of fields: HeaderFields, over peer: PeerAddress) -> Bool {
        policy.isSelective && addresses.contains(peer) && !hops(fields).isEmpty
    }

    private func hops(_ fields: HeaderFields) -> [PeerAddress?] {
        var hops: [PeerAddress?] = []
        for index in 0..<fields.count where fields.matches(index, field.rawValue) {
            let value = String(decoding: fields.valueBytes(at: index), as: UTF8.self)
            switch field {
            case .forwardedFor:
                hops += value.split(separator: ",", omittingEmptySubsequences: false).map { ForwardedNode.address($0) }
            case .forwarded: hops += ForwardedNode.chain(value)
            }
        }
        return hops
    }
}
