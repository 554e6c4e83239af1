/// Where listeners and pools report what they did, for counters; called on any loop, must not block.
package struct TransportObserver: Sendable {
    package enum Event: Sendable, Equatable {
        case accepted
        case closed
        /// Refused at accept: `connections-per-address`, `connections`.
        case refused(reason: String)
        /// A limit was passed and acted upon; the reason is a fixed label.
        case limited(reason: String)
        case tlsFailed(reason: String)
        case requestStarted
        case requestEnded
        case upstreamConnected
        case upstreamConnectFailed
    }

    private let report: @Sendable (Event) -> Void

    package init(_ report: @escaping @Sendable (Event) -> Void) {
        self.report = report
    }

    package static let silent = TransportObserver { _ in }

    package func callAsFunction(_ event: Event) { report(event) }
}
