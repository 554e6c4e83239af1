package import HTTP

/// Why a call to an upstream did not succeed.
package struct ClientFailure: Error, Equatable, Sendable {
    package enum Code: Equatable, Sendable {
        case connectFailed
        case connectTimeout
        /// More calls wait for a free stream than the pool allows.
        case poolExhausted
        case refusedStream
        /// The upstream is going away and did not take the stream up.
        case goAway
        case reset(HTTP2ErrorCode)
        case deadlineExceeded
        case connectionLost
        /// The upstream broke HTTP's rules.
        case malformed
        /// The answer is larger than the caller allowed.
        case tooLarge
        case cancelled
        /// The exchange is over: nothing more can be written.
        case finished
        /// The pool was closed.
        case closed
        /// The upstream takes no tunnels (RFC 8441, section 3).
        case tunnelUnknown
    }

    package let code: Code
    /// The upstream has provably not begun: the call may be repeated whatever it does.
    package let provablyDidNoWork: Bool

    package init(_ code: Code, provablyDidNoWork: Bool = false) {
        self.code = code
        self.provablyDidNoWork = provablyDidNoWork
    }

    static let cancelled = ClientFailure(.cancelled)
    static let finished = ClientFailure(.finished)
}

extension ClientFailure {
    /// Why the same call may be answered when it is sent again, as a label; nil where it may not be sent, or it would
    /// not help. Those who could not connect have waited for as long as they may.
    func retryReason(_ repetition: ClientCall.Repetition) -> String? {
        guard provablyDidNoWork || repetition != .never else { return nil }
        return switch code {
        case .refusedStream: "refused"
        case .goAway: "go-away"
        case .connectionLost: "connection-lost"
        case .reset: "reset"
        case .malformed: "malformed"
        case .connectFailed, .connectTimeout, .poolExhausted, .deadlineExceeded, .tooLarge, .cancelled, .finished,
            .closed, .tunnelUnknown:
            nil
        }
    }
}
