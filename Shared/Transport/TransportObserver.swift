/// Where listeners and pools report what they did, for counters; called on any loop, must not block.
package struct TransportObserver: Sendable {
    package enum Event: Sendable, Equatable {
        case accepted
        case closed
        /// Refused at accept: `connections-per-address`, `connections`, `address`; or for its proxy's header.
        case refused(reason: String)
        /// A limit was passed and acted upon; the reason is a fixed label.
        case limited(reason: String)
        case tlsFailed(reason: String)
        case requestStarted
        case requestEnded
        case upstreamConnected
        case upstreamConnectFailed
        /// The first failure to connect to an instance. Its address is for logs: there may be many in the life of a
        /// process.
        case unreachable(String)
        /// A connection after such failures.
        case reachable(String)
        /// Too many faults in a row: the instance gets no calls for a while.
        case ejected(String)
        /// An ejection is over.
        case returned(String)
        /// An instance has told that it takes calls, or that it takes none; or it has not answered that.
        case health(String, isReady: Bool)
        /// A call is sent once more, for a reason that is a fixed label.
        case retried(reason: String)
        /// A call waits for an `instance`, or for a `stream` of one.
        case waited(reason: String)
    }

    private let report: @Sendable (Event, PeerAddress?) -> Void

    package init(_ report: @escaping @Sendable (Event) -> Void) {
        self.report = { event, _ in report(event) }
    }

    /// - Parameter report: gets the client that it is about, too, where one is known. Its address is for logs.
    package init(withClient report: @escaping @Sendable (Event, PeerAddress?) -> Void) {
        self.report = report
    }

    package static let silent = TransportObserver { _ in }

    package func callAsFunction(_ event: Event, from client: PeerAddress? = nil) { report(event, client) }
}
