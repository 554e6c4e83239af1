package import HTTP

/// Why a body could not be read from, or written to, a client.
package enum BodyFailure: Error, Equatable, Sendable {
    /// Larger than the caller allowed, by its declared length or by what came.
    case tooLarge
    /// Nothing came for too long, or less than the floor: answer 408.
    case tooSlow
    /// The client reset the stream.
    case reset(HTTP2ErrorCode)
    /// The connection is gone.
    case connectionLost
    /// The framing of the body is broken (chunked coding).
    case malformed
    /// The task was cancelled.
    case cancelled
    /// The answer is complete; nothing more can be read or written.
    case finished
}
