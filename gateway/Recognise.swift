internal import Contract
internal import HTTP
internal import Telemetry
internal import Transport

extension Pipeline {
    /// Whom is the request from, where a trusted proxy sends it? From here on that is the connection's peer, for
    /// limits, log and services alike. And is it for the host that the connection was made to, where certificates are
    /// shown?
    func recognise(_ exchange: ServerExchange, _ story: RequestStory) throws(Problem) {
        try proxies.recognise(exchange, story.id, observer)
        if asksClients, !exchange.isForServerName { throw Problem(.misdirected) }
    }
}

extension TrustedProxies {
    /// Makes whom a trusted proxy sends the request for the connection's peer, and refuses who may not ask.
    func recognise(_ exchange: ServerExchange, _ id: RequestID, _ observer: RequestObserver) throws(Problem) {
        guard !addresses.isEmpty else { return }
        let finding = find(exchange.head.fields, over: exchange.connection.peer)
        if case .tooFar = finding {
            observer.observe(
                LimitObservation(limit: "proxy-hops", detail: exchange.connection.peer.text, requestID: id))
        }
        switch finding {
        case .peer: return
        case .client(let client):
            exchange.comes(from: client)
            guard policy.admits(client) else { throw refusal(client.text, id, observer) }
        case .hidden(let proxy), .tooFar(let proxy):
            // Who has no name may be anybody of a list.
            guard !policy.isSelective else { throw refusal("a client without a name", id, observer) }
            if let proxy { exchange.comes(from: proxy) }
        }
    }

    private func refusal(_ client: String, _ id: RequestID, _ observer: RequestObserver) -> Problem {
        observer.observe(LimitObservation(limit: "address", detail: client, requestID: id))
        return Problem(.forbidden, detail: "Requests from this address are not taken.")
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
