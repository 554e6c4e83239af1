/// What is known about a client's connection; the same for all its requests.
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
    }

    package let peer: PeerAddress
    package let localPort: Int
    package let version: HTTPVersion
    package let tls: TLSInfo?

    init(peer: PeerAddress, localPort: Int, version: HTTPVersion, tls: TLSInfo?) {
        self.peer = peer
        self.localPort = localPort
        self.version = version
        self.tls = tls
    }

    package var isSecure: Bool { tls != nil }
}
