internal import Contract
internal import HTTP
internal import Telemetry
internal import Transport

extension Pipeline {
    /// Whom is the request from, where a trusted proxy sends it? From here on that is the connection's peer, for
    /// limits, log and services alike. And is it for the host that the connection was made to, where certificates are
    /// shown?
    func recognise(_ exchange: ServerExchange, _ story: RequestStory) throws(Problem) {
        if !proxies.addresses.isEmpty { try recogniseClient(exchange, story) }
        if asksClients, !exchange.isForServerName { throw Problem(.misdirected) }
    }

    private func recogniseClient(_ exchange: ServerExchange, _ story: RequestStory) throws(Problem) {
        guard let client = proxies.client(of: exchange.head.fields, over: exchange.connection.peer) else { return }
        exchange.comes(from: client)
        guard proxies.policy.admits(client) else {
            observer.observe(LimitObservation(limit: "address", detail: client.text, requestID: story.id))
            throw Problem(.forbidden, detail: "Requests from this address are not taken.")
        }
    }
}

extension ServerExchange {
    /// Whether the host is the one that the client asked for in TLS: a certificate was shown to that one (RFC 9110,
    /// section 7.4). True where it asked for none.
    fileprivate var isForServerName: Bool {
        guard let name = connection.tls?.serverName, !head.authority.isEmpty else { return true }
        let host = RedirectHandler.host(of: head.authority).map(Self.plain)
        return host == Self.plain(name)
    }

    private static func plain(_ host: String) -> String {
        let host = host.lowercased()
        return host.hasSuffix(".") ? String(host.dropLast()) : host
    }
}
