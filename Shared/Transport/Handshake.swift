internal import Synchronization

/// How long a TLS handshake took, to be told once: one request of the connection bears it.
package final class Handshake: Sendable {
    private let duration: Duration
    private let isTold = Atomic(false)

    init(_ duration: Duration) {
        self.duration = duration
    }

    /// From the accepted socket to the end of the handshake; nil to all but the first who ask.
    package func take() -> Duration? {
        guard !isTold.load(ordering: .relaxed) else { return nil }
        isTold.store(true, ordering: .relaxed)
        return duration
    }
}
