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

    /// Whom an event is about, as far as that is known. For logs: neither is of a closed set.
    package struct Subject: Sendable, Equatable {
        package var client: PeerAddress?
        /// The id of the request that stands in its answer.
        package var requestID: String?

        package init(client: PeerAddress? = nil, requestID: String? = nil) {
            self.client = client
            self.requestID = requestID
        }
    }

    private let report: @Sendable (Event, Subject) -> Void

    package init(_ report: @escaping @Sendable (Event) -> Void) {
        self.report = { event, _ in report(event) }
    }

    package init(withSubject report: @escaping @Sendable (Event, Subject) -> Void) {
        self.report = report
    }

    package static let silent = TransportObserver { _ in }

    package func callAsFunction(_ event: Event, from client: PeerAddress? = nil, requestID: String? = nil) {
        report(event, Subject(client: client, requestID: requestID))
    }
}
