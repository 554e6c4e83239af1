package import HTTP
package import NIOCore
package import TLS

/// The instances of one upstream and how they are talked to.
package struct ClientPoolConfiguration: Sendable {
    /// A name with all instances behind it, or the literal address of one.
    package struct Place: Sendable, Hashable {
        package let host: String
        package let port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// `host:port`, as an authority has it.
        var text: String { host.utf8.contains(0x3a) ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    package enum Version: Sendable {
        /// By prior knowledge, many calls on a connection.
        case http2
        /// A connection for each call at a time, kept for the next one.
        case http1
    }

    /// How connections are kept from being read, and whom the upstream's certificate must name.
    package struct Encryption: Sendable {
        package let context: TLSContext
        package let name: String

        package init(context: TLSContext, name: String) {
            self.context = context
            self.name = name
        }
    }

    package var places: [Place]
    /// Nil speaks cleartext.
    package var encryption: Encryption?
    package var version = Version.http2
    package var http2 = HTTP2Limits.internalHop
    /// From the attempt to the upstream's SETTINGS, a TLS handshake between.
    package var connectTimeout: Duration = .seconds(1)
    /// Connections of each loop to each instance; a further one is made when the streams of the others are taken.
    package var connectionsPerLoopMax = 4
    /// Streams used at once on a connection, if the upstream allows as many.
    package var streamsPerConnectionMax = 1000
    /// Calls of each loop that wait for a stream, or for an instance.
    package var waitersPerLoopMax = 1024
    /// Shorter than the upstream's own, so that no call meets a connection that is being closed.
    package var idleTimeout: Duration = .seconds(60)
    /// A connection with open streams that has been silent for this long is asked whether it lives (PING). Nil asks
    /// nothing.
    package var pingInterval: Duration? = .seconds(2)
    /// Longest wait for the answer to that, after which the connection is given up.
    package var pingTimeout: Duration = .seconds(3)
    package var balance = UpstreamMachine.Settings()
    /// How often names are looked up again; also at once after a failed attempt to connect.
    package var resolveInterval: Duration = .seconds(5)
    /// All addresses of a name; may block.
    package var lookUp: @Sendable (_ host: String, _ port: Int) -> [SocketAddress] = { host, port in
        HostLookup.addresses(of: host, port: port)
    }
    /// How often each instance is asked for `healthPath`; nil asks nothing.
    package var healthInterval: Duration?
    package var healthPath = "/readyz"
    /// How often one call is sent at most.
    package var attemptsMax = 3
    /// The same for a call with a key, once it was answered that an earlier attempt is still on its way.
    package var keyedAttemptsMax = 7
    /// Repetitions for a hundred calls.
    package var retryPercent = 20
    /// The most that is waited before a call is sent to the same instance again; doubles each time.
    package var retryPause: Duration = .milliseconds(20)
    /// The field of a request that tells how many milliseconds are left; written anew where the call has waited.
    package var deadlineField: String?
    package var observer: TransportObserver = .silent

    package init(_ places: [Place]) {
        self.places = places
    }

    package init(host: String, port: Int) {
        self.init([Place(host: host, port: port)])
    }

    /// The default authority of its requests.
    package var authority: String { places.first?.text ?? "" }
}
