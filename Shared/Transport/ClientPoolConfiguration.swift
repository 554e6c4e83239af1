package import HTTP

/// One upstream endpoint and how it is talked to.
package struct ClientPoolConfiguration: Sendable {
    package var host: String
    package var port: Int
    package var http2 = HTTP2Limits.internalHop
    package var connectTimeout: Duration = .seconds(1)
    /// Connections of each loop; a further one is made when the streams of the others are taken.
    package var connectionsPerLoopMax = 4
    /// Streams used at once on a connection, if the upstream allows as many.
    package var streamsPerConnectionMax = 1000
    /// Calls of each loop that wait for a stream.
    package var waitersPerLoopMax = 1024
    package var idleTimeout: Duration = .seconds(60)
    /// A connection with open streams that has been silent for this long is asked whether it lives (PING), and is
    /// given up after as long again. Nil asks nothing.
    package var pingInterval: Duration? = .seconds(15)
    package var observer: TransportObserver = .silent

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`, the default authority of its requests.
    package var authority: String {
        host.utf8.contains(0x3a) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
