package import Primitives
package import TLS

/// What a connection tells whoever logs and counts.
package enum RedisObservation: Sendable {
    case connected
    /// An attempt failed; the words are for the log.
    case connectFailed(reason: String)
    /// A connection that had worked is gone.
    case connectionLost(reason: String)
}

/// Where Redis is and how much of it may be used.
package struct RedisConfiguration: Sendable {
    package enum Address: Hashable, Sendable {
        case host(String, port: Int)
        case unixPath(String)

        /// What a certificate must name: a socket belongs to this machine.
        var serverName: String {
            switch self {
            case .host(let host, _): host
            case .unixPath: "localhost"
            }
        }
    }

    package var address: Address
    /// The user of Redis' access control list; nil is the default user.
    package var user: String?
    package var password: Secret<String>?
    package var database = 0
    /// The client's side of TLS; nil speaks in the clear.
    package var tls: TLSContext?
    /// Hears how connections go.
    package var observe: @Sendable (RedisObservation) -> Void = { _ in }
    /// How long a connection may take until it answers, authentication included.
    package var connectTimeout: Duration = .seconds(1)
    /// How long a command may take where the call does not say.
    package var commandTimeout: Duration = .milliseconds(500)
    /// How long a connection may stay silent while commands wait on it, before it is given up and made anew.
    package var stallTimeout: Duration = .seconds(3)
    /// Commands that may wait on one connection, and their bytes.
    package var inFlightMax = 16_384
    package var inFlightBytesMax = 64 << 20
    /// The size of one reply.
    package var replyBytesMax = 16 << 20
    package var replyElementsMax = 65_536
    /// Pause before connecting again: doubles from the first to the second, and of each a random part from a half to
    /// the whole.
    package var backoff: ClosedRange<Duration> = .milliseconds(50) ... .seconds(2)

    package init(address: Address, user: String? = nil, password: Secret<String>? = nil, database: Int = 0) {
        self.address = address
        self.user = user
        self.password = password
        self.database = database
    }
}
