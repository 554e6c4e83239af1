internal import COpenSSL

/// What many sessions share: certificates, trust, versions, protocols. Immutable; to reload, make a new one and give it
/// to new sessions.
///
/// TLS 1.3 and 1.2 with ephemeral keys and authenticated encryption only (RFC 9325); no renegotiation, no compression,
/// no early data (RFC 8446, section 8: it can be replayed).
@safe package final class TLSContext: Sendable {
    let isServer: Bool
    /// Whether a client's peer must be who it is called, or only known to an authority.
    let checksServerName: Bool
    let alpn: [[UInt8]]
    let names: ServerNameTable
    let tickets: TicketKeys
    let keyUpdatesMax: Int
    /// Whether a server asks its clients for certificates.
    package let asksClients: Bool

    // Safe to share: one SSL_CTX per certificate, not changed after init; SSL_new counts references atomically.
    nonisolated(unsafe) let handles: [OpaquePointer]

    /// A server's context.
    ///
    /// - Parameters:
    ///   - certificates: the first is shown to clients that name no host or one that no certificate covers.
    ///   - alpn: protocols (RFC 7301), the preferred first. A client that offers only others is refused with
    ///     `no_application_protocol`; one that offers none gets none.
    ///   - tickets: those of the context that this one replaces, so that its sessions can be resumed.
    ///   - keyUpdatesMax: how often a client may change its keys in one session.
    package static func server(
        certificates: [TLSCertificate], alpn: [String] = ["h2", "http/1.1"],
        versions: ClosedRange<TLSVersion> = .v12 ... .v13, clients: TLSClientAuthentication = .none,
        tickets: TicketKeys = TicketKeys(), keyUpdatesMax: Int = TLSLimits.keyUpdatesMax
    ) throws(TLSFailure) -> TLSContext {
        guard !certificates.isEmpty else { throw TLSFailure(.configuration, "no certificate") }
        let names = ServerNameTable(certificates.map(\.names))
        let context = try TLSContext(
            isServer: true, alpn: alpn, names: names, certificates: certificates.map { .some($0) }, versions: versions,
            asksClients: clients != .none, tickets: tickets, keyUpdatesMax: keyUpdatesMax)
        let handles = unsafe context.handles
        for index in unsafe handles.indices {
            let handle = unsafe handles[index]
            unsafe try context.authenticateClients(clients, on: handle)
            unsafe context.installServerCallbacks(on: handle)
            unsafe SSL_CTX_set_timeout(handle, Int(tickets.lifetime.components.seconds))
        }
        return context
    }

    /// A client's context.
    ///
    /// - Parameters:
    ///   - alpn: the protocols to offer, the preferred first; none when empty.
    ///   - certificate: shown where the server asks for one.
    ///   - checksServerName: whether the server's certificate must name the host; else a trusted one will do.
    package static func client(
        trust: TLSTrust, alpn: [String] = ["h2", "http/1.1"], certificate: TLSCertificate? = nil,
        versions: ClosedRange<TLSVersion> = .v12 ... .v13, checksServerName: Bool = true
    ) throws(TLSFailure) -> TLSContext {
        let context = try TLSContext(
            isServer: false, alpn: alpn, names: ServerNameTable([]), certificates: [certificate], versions: versions,
            checksServerName: checksServerName)
        let handles = unsafe context.handles
        for index in unsafe handles.indices {
            let handle = unsafe handles[index]
            try unsafe context.believe(trust, on: handle)
            unsafe SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
            try unsafe context.offerProtocols(on: handle)
            unsafe SSL_CTX_set_info_callback(handle, countRequests)
        }
        return context
    }

    private init(
        isServer: Bool, alpn: [String], names: ServerNameTable, certificates: [TLSCertificate?],
        versions: ClosedRange<TLSVersion>, checksServerName: Bool = true, asksClients: Bool = false,
        tickets: TicketKeys = TicketKeys(), keyUpdatesMax: Int = TLSLimits.keyUpdatesMax
    ) throws(TLSFailure) {
        guard alpn.allSatisfy({ (1...255).contains($0.utf8.count) }) else {
            throw TLSFailure(.configuration, "a protocol's name is empty or longer than 255 bytes")
        }
        self.isServer = isServer
        self.checksServerName = checksServerName
        self.alpn = alpn.map { Array($0.utf8) }
        self.names = names
        self.asksClients = asksClients
        self.tickets = tickets
        self.keyUpdatesMax = keyUpdatesMax
        var made: [OpaquePointer] = unsafe []
        do throws(TLSFailure) {
            for certificate in certificates {
                unsafe made.append(
                    try TLSContext.make(isServer: isServer, certificate: certificate, versions: versions))
            }
        } catch {
            unsafe made.forEach { handle in unsafe SSL_CTX_free(handle) }
            throw error
        }
        unsafe handles = made
    }

    /// Whether HTTP/1.1 is among the protocols; a client that offers none speaks it.
    package var offersHTTP1: Bool { alpn.isEmpty || alpn.contains(Array("http/1.1".utf8)) }

    deinit {
        unsafe handles.forEach { handle in unsafe SSL_CTX_free(handle) }
    }
}
