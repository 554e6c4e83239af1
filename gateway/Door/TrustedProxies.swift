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

    /// What proxies tell of whom a request is from.
    enum Finding: Equatable {
        /// Nobody but the connection's peer.
        case peer
        case client(PeerAddress)
        /// Somebody whom no one has named so that it can be read: behind this one, or behind the peer.
        case hidden(behind: PeerAddress?)
        /// The same, behind more proxies than are looked through.
        case tooFar(behind: PeerAddress?)
    }

    /// Who sent a request that came over `peer`'s connection.
    ///
    /// Each proxy adds its own client at the end. Read from there, the first address that is no trusted proxy's is the
    /// client: what stands before it is that client's own tale.
    func find(_ fields: HeaderFields, over peer: PeerAddress) -> Finding {
        guard addresses.contains(peer) else { return .peer }
        var known: PeerAddress?
        for (index, hop) in hops(fields).reversed().enumerated() {
            guard index < Self.hopsMax else { return .tooFar(behind: known) }
            guard let hop else { return .hidden(behind: known) }
            guard addresses.contains(hop) else { return .client(hop) }
            known = hop
        }
        return known.map(Finding.client) ?? .peer
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
