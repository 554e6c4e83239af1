package import TLS

/// What is known about a client's connection; the same for all its requests, unless a proxy sends those of many.
package final class ConnectionInfo: Sendable {
    package enum HTTPVersion: String, Sendable {
        case http10 = "HTTP/1.0"
        case http11 = "HTTP/1.1"
        case http2 = "HTTP/2"
    }

    package struct TLSInfo: Sendable {
        /// As the library names it, for example `TLSv1.3`.
        package let version: String
        package let cipher: String
        /// The name the client asked for (SNI).
        package let serverName: String?
        /// Who the client's verified certificate says it is.
        package let client: TLSPeerIdentity?
        package let handshake: Handshake
    }

    /// The client: the socket's other end, or whom a proxy that is believed has told.
    package let peer: PeerAddress
    package let localPort: Int
    package let version: HTTPVersion
    package let tls: TLSInfo?
    /// The socket's other end, where that is a proxy which speaks for `peer`.
    package let proxy: PeerAddress?

    init(
        peer: PeerAddress, localPort: Int, version: HTTPVersion, tls: TLSInfo?, proxy: PeerAddress? = nil
    ) {
        self.peer = peer
        self.localPort = localPort
        self.version = version
        self.tls = tls
        self.proxy = proxy
    }

    package var isSecure: Bool { tls != nil }

    /// The same connection, used for another client.
    func speaking(for client: PeerAddress) -> ConnectionInfo {
        ConnectionInfo(peer: client, localPort: localPort, version: version, tls: tls, proxy: peer)
    }

    /// The same connection, used with another version.
    func speaking(_ version: HTTPVersion) -> ConnectionInfo {
        ConnectionInfo(peer: peer, localPort: localPort, version: version, tls: tls, proxy: proxy)
    }
}
