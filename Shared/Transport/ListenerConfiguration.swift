package import HTTP
package import TLS

/// What a listener listens on and what it lets in.
package struct ListenerConfiguration: Sendable {
    package struct Address: Sendable, Hashable {
        /// A literal address: `127.0.0.1`, `::`.
        package var host: String
        /// 0 takes a free port; several addresses with 0 share one.
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    package enum Protocols: Sendable {
        /// TLS with ALPN: HTTP/2 and HTTP/1.1. The closure is asked at every accept, so a reload needs no restart; nil
        /// refuses the connection.
        case tls(@Sendable () -> TLSContext?)
        /// Cleartext HTTP/2 by prior knowledge; anything else is told so and closed.
        case http2
        /// Cleartext HTTP/1.1: health, metrics, redirects.
        case http1
    }

    package enum Accept: Sendable {
        /// A socket for each loop (SO_REUSEPORT): many clients, as at the edge.
        case socketPerLoop
        /// One socket, connections go to the loops in turn: few clients, as between services.
        case inTurn
    }

    package var addresses: [Address]
    package var protocols: Protocols
    package var accept: Accept
    package var limits: HTTPLimits
    /// Where it counts its connections together with other listeners; nil for by itself.
    package var admission: Admission?
    package var door = DoorPolicy()
    package var observer: TransportObserver
    /// Answers what no handler is asked about.
    package var refusal = RefusalAnswer.text
    /// Whether the process has more to do than it can: clients may open fewer streams then.
    package var isStrained: @Sendable () -> Bool = { false }
    package var backlog = 4096
    /// How often limits on time are looked at.
    package var sweepInterval: Duration = .milliseconds(250)

    package init(
        addresses: [Address], protocols: Protocols, accept: Accept = .inTurn, limits: HTTPLimits = HTTPLimits(),
        observer: TransportObserver = .silent
    ) {
        self.addresses = addresses
        self.protocols = protocols
        self.accept = accept
        self.limits = limits
        self.observer = observer
    }
}

/// A listener that could not start.
package struct ListenFault: Error, Sendable, CustomStringConvertible {
    package let address: ListenerConfiguration.Address
    /// The system's words.
    package let reason: String

    package var description: String { "cannot listen on \(address.host) port \(address.port): \(reason)" }
}
