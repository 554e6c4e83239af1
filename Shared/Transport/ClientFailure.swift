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
