/// Why a TLS operation did not succeed.
///
/// After a failure of a session its output still has to be sent, since it may hold the alert that tells the peer why.
package struct TLSFailure: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// A certificate, key or trust list that cannot be used; found when a context is made.
        case configuration
        /// The peer's certificate is not trusted, has expired or names another host.
        case untrustedPeer
        /// The peer speaks no protocol (ALPN) that this side offers.
        case noCommonProtocol
        /// The peer does not speak TLS, breaks its rules, or sent an alert.
        case violation
        /// The peer's bytes ended without close_notify (RFC 8446, section 6.1): the data may be cut short.
        case truncated
        /// More bytes wait than `TLSLimits` lets.
        case limit
        /// More key updates than the context lets.
        case keyUpdates
        /// The client of a TLS 1.2 session wants to negotiate anew, which is refused and costs more than it asks.
        case renegotiation
        /// A call out of order: plaintext before the handshake, anything after a failure.
        case misuse
    }

    package let reason: Reason

    /// For the log: OpenSSL's words. Holds no key, no certificate and no traffic.
    package let detail: String

    package init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}

extension TLSFailure: CustomStringConvertible {
    package var description: String { "TLS \(reason): \(detail)" }
}
