/// The other end of a connection at the door: who it is, and what it is counted by. On the connection's loop only.
final class Visitor {
    private(set) var client: PeerAddress
    /// The socket's other end, where that is a proxy that has told of a client.
    private(set) var proxy: PeerAddress?
    /// Whether it must tell of its client before anything else.
    let owesHeader: Bool
    private let door: DoorPolicy
    private let admission: Admission
    /// Nil while it is not counted by an address.
    private var countedBy: [UInt8]?

    init(_ peer: PeerAddress, _ door: DoorPolicy, _ admission: Admission) {
        client = peer
        owesHeader = door.proxyHeaderFrom.contains(peer)
        self.door = door
        self.admission = admission
    }

    /// Lets it in or not. Of a proxy nothing is known yet but that it is one.
    func enter() -> Admission.Verdict {
        guard !owesHeader else { return admission.admit(nil) }
        guard door.admits(client) else { return .refused(reason: "address") }
        let key = door.shared.contains(client) ? nil : client.limitKey
        let verdict = admission.admit(key)
        if verdict == .admitted { countedBy = key }
        return verdict
    }

    /// The proxy has told whom it speaks for.
    func introduced(_ header: ProxyHeader) -> Admission.Verdict {
        // It speaks for itself: it is known and may.
        guard let told = header.client else { return .admitted }
        (client, proxy) = (told, client)
        guard door.admits(client) else { return .refused(reason: "address") }
        guard !door.shared.contains(client) else { return .admitted }
        let verdict = admission.count(client.limitKey)
        if verdict == .admitted { countedBy = client.limitKey }
        return verdict
    }

    func leave() {
        admission.leave(countedBy)
        countedBy = nil
    }
}
